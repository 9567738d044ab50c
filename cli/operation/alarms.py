"""The installation's alarms, as CloudWatch judges them now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Final

from runtime.aws.clients import AwsClients

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

FIRING: Final = "ALARM"
NAMES_A_CALL: Final = 100
"""CloudWatch API reference, DescribeAlarms, AlarmNames."""

_DESCRIPTION = re.compile(r"(?P<severity>\w+): (?P<title>.+?)\. (?P<text>.*) Runbook: (?P<runbook>\S+)", re.DOTALL)
"""As ``constructs_lib.operator_alarm`` writes it."""


@dataclass(frozen=True, slots=True)
class InstalledAlarm:
    """An alarm. ``since``: of its state, epoch seconds; ``state``: OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str
    since: float
    severity: str
    title: str
    text: str
    runbook: str

    @property
    def firing(self) -> bool:
        """Whether somebody has to look."""
        return self.state == FIRING


def installed_alarms(clients: AwsClients) -> list[InstalledAlarm]:
    """Return the alarms of the monitoring stack, those that fire first, then by severity and time.

    What the clients raise is raised.
    """
    cloudwatch = clients.client("cloudwatch")
    found: list[InstalledAlarm] = []
    for names in batched(_names(clients), NAMES_A_CALL, strict=False):
        found += map(_alarm, cloudwatch.describe_alarms(AlarmNames=[*names], MaxRecords=NAMES_A_CALL)["MetricAlarms"])
    return sorted(found, key=lambda each: (not each.firing, each.severity, each.since, each.name))


def _names(clients: AwsClients) -> Iterator[str]:
    stack = f"LogRouterMonitoring-{clients.region}"
    pages = clients.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] == "AWS::CloudWatch::Alarm":
                yield each["PhysicalResourceId"]


def _alarm(described: "MetricAlarmTypeDef") -> InstalledAlarm:
    text = described.get("AlarmDescription", "")
    parts = _DESCRIPTION.fullmatch(text)
    name = described["AlarmName"]
    given = parts.groupdict() if parts else {"severity": "", "title": name, "text": text, "runbook": ""}
    return InstalledAlarm(name, described["StateValue"], described["StateUpdatedTimestamp"].timestamp(), **given)
