"""An alarm as an operator gets it: how urgent, what happens, what to do first, and where its runbook is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from constructs_lib.alarm_topics import AlarmTopics, Severity
from constructs_lib.limits import require, require_between, require_match

DESCRIPTION_LIMIT: Final = 1024
"""Characters. Source: CloudWatch API reference, PutMetricAlarm, AlarmDescription."""


class MissingData(StrEnum):
    """What a period without a value counts as. CloudWatch's other two would leave an alarm hanging."""

    NOT_BREACHING = "notBreaching"
    BREACHING = "breaching"


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """When an alarm goes off.

    :param at_least: the value that is bad, and all above it; with ``below`` the value that is good, all under it bad.
    :param datapoints: how many of ``periods`` must be bad; one for what is wrong once it happens at all.
    :param missing_data: what a period without a value counts as.
    """

    at_least: float
    datapoints: int = 1
    periods: int = 1
    below: bool = False
    missing_data: MissingData = MissingData.NOT_BREACHING

    def __post_init__(self) -> None:
        """Refuse what CloudWatch would refuse."""
        require_between("periods", self.periods, 1, 24)
        require_between("datapoints", self.datapoints, 1, self.periods)


class OperatorAlarm(Construct):
    """One alarm on one metric: no metric math, so that whoever reads it knows at once what it looks at.

    :param title: a few words, in front of everything else.
    :param description: sentences: what happens, then what to do first.
    :param runbook: where to read on, with the section after ``#``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metric: cloudwatch.IMetric,
        trigger: Trigger,
        severity: Severity,
        title: str,
        description: str,
        runbook: str,
        topics: AlarmTopics,
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("runbook", runbook, r"[^#\s]+#[a-z0-9-]+", "a document and its section, as in file.md#section")
        require(holds=description.endswith("."), constraint=f"description must be sentences, not {description!r}")
        text = f"{severity.value}: {title}. {description} Runbook: {runbook}"
        require_between("the description's length", len(text), 1, DESCRIPTION_LIMIT, unit="characters")
        comparison = cloudwatch.ComparisonOperator
        self.severity = severity
        self.alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            metric=metric,
            alarm_description=text,
            threshold=trigger.at_least,
            comparison_operator=comparison.LESS_THAN_THRESHOLD
            if trigger.below
            else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=trigger.periods,
            datapoints_to_alarm=trigger.datapoints,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING
            if trigger.missing_data is MissingData.BREACHING
            else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(topics.of[severity])
        self.alarm.add_alarm_action(action)
        self.alarm.add_ok_action(action)
