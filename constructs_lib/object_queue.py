"""The queue of notifications: one message for each new object (more, where S3 puts several records into one)."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.work_queue import RETENTION_LIMIT, WorkQueue


class ObjectQueue(WorkQueue):
    """Work queue subscribed to the notification topic; what SNS can't deliver lands in a queue of its own.

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
        self.undelivered_notifications = sqs.Queue(
            self,
            "UndeliveredNotifications",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION_LIMIT,
            removal_policy=removal_policy,
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
    """Let the topic send to the queue, and give what must exist before it does."""
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
