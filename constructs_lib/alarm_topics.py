"""Where alarms go: one encrypted topic for what wakes somebody, one for what can wait until the morning."""

from collections.abc import Mapping
from enum import StrEnum

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from constructs_lib.limits import require_match

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
