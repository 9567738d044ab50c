"""The topic with a notification of each new object. Its subscriber is the object queue."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct, IDependable

from constructs_lib.limits import require

# CloudFormation starts a generated bucket name with the stack's name in lower case and may cut it; this much
# of it stays.
_STACK_NAME_KEPT = 16


class NotificationTopic(Construct):
    """SNS topic that only S3, and only from this account's buckets of this stack, may publish to, over TLS.

    The bucket can't be named in the policy: S3 checks that it may publish when the bucket is made, so the policy
    comes first. It is narrowed to this account and to the names that CloudFormation gives this stack's buckets.

    :param encryption_key: customer managed key; with it S3 is allowed to use the key for this topic.
    :param bucket_name_pattern: names of the buckets that may publish, with ``*``; where the bucket's name is given.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey | None = None,
        bucket_name_pattern: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        pattern = bucket_name_pattern or f"{Stack.of(self).stack_name.lower()[:_STACK_NAME_KEPT]}*"
        require(holds=pattern.strip("*") != "", constraint="bucket_name_pattern must name more than '*'")
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=encryption_key)
        self.topic_arn = self.topic.topic_arn
        self._from_s3 = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{pattern}"},
        }
        added = self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowOwnBucketsToPublish",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions=self._from_s3,
            )
        )
        self.publishing_allowed: IDependable = added.policy_dependable or self.topic
        if encryption_key is not None:
            self._allow_s3_to_use(encryption_key)

    def _allow_s3_to_use(self, key: kms.IKey) -> None:
        """An encrypted topic takes nothing from S3 unless S3 may use its key (S3 user guide, notifications)."""
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowNotificationsThroughEncryptedTopic",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["kms:GenerateDataKey*", "kms:Decrypt"],
                resources=["*"],
                conditions=self._from_s3,
            )
        )
