"""An operator's alarm, and its topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from constructs_lib.limits import require, require_between, require_match

_SUBSCRIBER = r"https://\S+|[^\s@/]+@[^\s@/]+"


class Severity(StrEnum):
    """How urgent an alarm is. ``page``: logs are late or at risk now. ``ticket``: nothing is lost meanwhile."""

    PAGE = "page"
    TICKET = "ticket"


class AlarmTopics(Construct):
    """A topic for each severity, over TLS only, that CloudWatch's alarms of this account may publish to.

    Under a key of their own: AWS's managed key for SNS lets no alarm through (CloudWatch user guide, "Notifying users
    on alarm changes").

    :param subscribers: e-mail addresses and https URLs by severity; an address has to confirm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        subscribers: Mapping[Severity, tuple[str, ...]] | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="logrouter: alarms",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        from_alarms = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:*"},
        }
        alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarmsThroughEncryptedTopics",
                principals=[alarms],
                actions=["kms:GenerateDataKey*", "kms:Decrypt"],
                resources=["*"],
                conditions={"StringEquals": from_alarms["StringEquals"]},
            )
        )
        self.of: dict[Severity, sns.Topic] = {}
        for severity in Severity:
            topic = sns.Topic(self, severity.value.title(), enforce_ssl=True, master_key=self.key)
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="AllowAlarmsToPublish",
                    principals=[alarms],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                    conditions=from_alarms,
                )
            )
            for subscriber in (subscribers or {}).get(severity, ()):
                topic.add_subscription(_subscription(subscriber))
            self.of[severity] = topic


def _subscription(subscriber: str) -> sns.ITopicSubscription:
    require_match("subscribers", subscriber, _SUBSCRIBER, "an e-mail address or an https URL")
    if subscriber.startswith("https://"):
        return subscriptions.UrlSubscription(subscriber)
    return subscriptions.EmailSubscription(subscriber)


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
    """One alarm on one metric: no metric math, so that a reader sees at once what it measures.

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
