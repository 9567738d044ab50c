"""The queues: notifications of new objects, and deliveries that did not settle at once."""

from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.limits import require, require_between, require_longer

RETENTION_LIMIT: Final = Duration.days(14)
"""Longest time that SQS keeps a message. Source: SQS quotas, "Message retention"."""

VISIBILITY_LIMIT: Final = Duration.hours(12)
"""Source: SQS quotas, "Message visibility timeout"."""

_RETENTION: Final = Duration.days(7)
_RECEIVE_COUNT_LIMIT: Final = 1000
"""Source: SQS API reference, RedrivePolicy: maxReceiveCount 1-1,000."""


class WorkQueue(Construct):
    """Standard queue, SSE-SQS, TLS only, and a dead-letter queue that keeps what failed as long as SQS can.

    :param visibility_timeout: how long a received message stays hidden; the function that reads the queue requires
        six times its own timeout.
    :param max_receive_count: receives after which SQS itself moves a message to the dead-letter queue.
    :param retention: how long unread work is kept; the dead-letter queue keeps it longer, as SQS counts from the
        first sending.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility_timeout: Duration,
        max_receive_count: int,
        removal_policy: RemovalPolicy,
        retention: Duration = _RETENTION,
        dead_letter_retention: Duration = RETENTION_LIMIT,
    ) -> None:
        super().__init__(scope, construct_id)
        _require_possible(visibility_timeout, max_receive_count, retention, dead_letter_retention)
        self.visibility_timeout = visibility_timeout
        self.max_receive_count = max_receive_count
        self.dead_letter_retention = dead_letter_retention
        self.dead_letter_queue = _dead_letter_queue(self, "DeadLetterQueue", dead_letter_retention, removal_policy)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=visibility_timeout,
            retention_period=retention,
            receive_message_wait_time=Duration.seconds(20),
            removal_policy=removal_policy,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=max_receive_count),
        )


def _dead_letter_queue(scope: Construct, name: str, retention: Duration, removal_policy: RemovalPolicy) -> sqs.Queue:
    return sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=retention,
        removal_policy=removal_policy,
    )


def _require_possible(
    visibility_timeout: Duration, max_receive_count: int, retention: Duration, dead_letter_retention: Duration
) -> None:
    require_between(
        "visibility_timeout", visibility_timeout.to_seconds(), 1, VISIBILITY_LIMIT.to_seconds(), unit="seconds"
    )
    require_between("max_receive_count", max_receive_count, 1, _RECEIVE_COUNT_LIMIT)
    require(
        holds=dead_letter_retention.to_seconds() <= RETENTION_LIMIT.to_seconds(),
        constraint=f"dead_letter_retention must be at most {RETENTION_LIMIT.to_human_string()}",
    )
    require_longer(
        ("dead_letter_retention", dead_letter_retention),
        ("retention", retention),
        "a message keeps its age when it moves, and must not expire on arrival",
    )


class ObjectQueue(WorkQueue):
    """Work queue subscribed to the notification topic; what SNS can't deliver goes to a separate queue.

    The processor settles an object's message as soon as each delivery is delivered or handed over, so a message
    returns only where even that failed: five receives are many.

    :param topic: the bucket's notification topic, of any stack of this account and Region.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        visibility_timeout: Duration,
        removal_policy: RemovalPolicy,
        max_receive_count: int = 5,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
            removal_policy=removal_policy,
        )
        self.undelivered_notifications = _dead_letter_queue(
            self, "UndeliveredNotifications", RETENTION_LIMIT, removal_policy
        )
        acknowledge(
            self.undelivered_notifications,
            reason="It is itself the dead-letter queue, of the subscription.",
            findings=("AwsSolutions-SQS3",),
        )
        policies = [_allow(topic, queue) for queue in (self.queue, self.undelivered_notifications)]
        # Not raw: the envelope carries the topic, and the processor reads both forms.
        subscription = sns.Subscription(
            self,
            "Subscription",
            topic=topic,
            protocol=sns.SubscriptionProtocol.SQS,
            endpoint=self.queue.queue_arn,
        )
        # Set on the resource: the construct's own way adds a second statement to the queue's policy, without
        # aws:SourceAccount.
        resource = subscription.node.default_child
        assert isinstance(resource, sns.CfnSubscription)
        resource.redrive_policy = {"deadLetterTargetArn": self.undelivered_notifications.queue_arn}
        # A subscription that is made before its queue lets it in drops what is published in between.
        subscription.node.add_dependency(*policies)


def _allow(topic: sns.ITopic, queue: sqs.Queue) -> IDependable:
    """Let the topic send to the queue, and return what must exist before it does."""
    added = queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AllowNotificationTopic",
            principals=[iam.ServicePrincipal("sns.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={
                "ArnEquals": {"aws:SourceArn": topic.topic_arn},
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            },
        )
    )
    return added.policy_dependable or queue


class DeliveryQueue(WorkQueue):
    """Work queue of delivery messages, each of which is one attempt.

    A message is due up to an hour after it was sent, four times what ``DelaySeconds`` can hold (900 s): one that comes
    early is sent again, as a new message. So the receive count that moves a message to the dead-letter queue is no
    limit of attempts (the delivery schedule is), but the last resort for one that is never settled.

    :param delivery_schedule: how long deliveries are tried before they are parked; a message must outlive it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility_timeout: Duration,
        delivery_schedule: Duration,
        removal_policy: RemovalPolicy,
        max_receive_count: int = 20,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
            removal_policy=removal_policy,
        )
        require_longer(
            ("dead_letter_retention", self.dead_letter_retention),
            ("delivery_schedule", delivery_schedule),
            "a delivery must be parked before its message expires",
        )
