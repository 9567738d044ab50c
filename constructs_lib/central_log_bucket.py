"""The bucket that every cluster's agent writes to, and that the processor reads from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from constructs_lib.acknowledgement import acknowledge, acknowledge_wildcards, seen_from
from constructs_lib.limits import require, require_longer
from constructs_lib.log_bucket import log_bucket
from constructs_lib.names import OBJECT_KEY_PREFIX, SET_ASIDE_PREFIX
from constructs_lib.notification_topic import NotificationTopic

_ABORT_UPLOADS_AFTER = Duration.days(7)


class ColdStorage(StrEnum):
    """Storage classes that are cheaper than Intelligent-Tiering and still answer at once: a replay can't wait."""

    INFREQUENT_ACCESS = "STANDARD_IA"
    GLACIER_INSTANT_RETRIEVAL = "GLACIER_IR"


_BILLED_DAYS: Final = {ColdStorage.INFREQUENT_ACCESS: 30, ColdStorage.GLACIER_INSTANT_RETRIEVAL: 90}
"""Days that a class is billed for at least. Source: S3 user guide, storage classes, "minimum storage duration"."""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Objects move to that storage class so many days after they were written."""

    storage_class: ColdStorage
    after_days: int


class CentralLogBucket(Construct):
    """Private, versioned bucket, TLS only, owner enforced, that notifies of objects under ``tenant_id=`` alone.

    Versioned: a writer that writes a key twice takes nothing away before it is delivered. An overwritten version is
    kept as long as a current one. An expired object becomes such a version: its bytes stay for twice ``expire_after``.

    Both topic and bucket belong in one stack: the bucket names the topic, the topic's policy the bucket's stack.

    :param notifications: where ``s3:ObjectCreated:*`` of keys that begin with ``tenant_id=`` is published.
    :param expire_after: objects are deleted then. Must outlive what may still ask for them.
    :param longest_retry: how long a dead-letter queue keeps a message that names an object.
    :param encryption_key: SSE-KMS with this key and a bucket key; SSE-S3 without.
    :param transitions: cheaper classes after Intelligent-Tiering, which takes every object on its first day.
    :param expire_set_aside_after: for ``set-aside/``; as ``expire_after`` where not given.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        notifications: NotificationTopic,
        expire_after: Duration,
        longest_retry: Duration,
        removal_policy: RemovalPolicy,
        encryption_key: kms.IKey | None = None,
        transitions: tuple[Transition, ...] = (),
        expire_set_aside_after: Duration | None = None,
        bucket_name: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        require_longer(
            ("expire_after", expire_after), ("longest_retry", longest_retry), "a redrive must still find its object"
        )
        _require_sensible(transitions, expire_after)
        self.encryption_key = encryption_key
        self.bucket = log_bucket(
            self,
            bucket_name=bucket_name,
            encryption_key=encryption_key,
            versioned=True,
            removal_policy=removal_policy,
            lifecycle_rules=_lifecycle(expire_after, expire_set_aside_after or expire_after, transitions),
        )
        self.bucket_name = self.bucket.bucket_name
        self.bucket_arn = self.bucket.bucket_arn
        self._notify(notifications)
        acknowledge(
            self.bucket,
            reason="Access is audited by CloudTrail data events where a stage asks for them; server access logs of "
            "this bucket would be another bucket of tenants' object names to protect.",
            findings=("AwsSolutions-S1",),
        )

    def objects_arn(self, key_pattern: str) -> str:
        """Return the ARN of the objects whose key matches the pattern (``tenant_id=*/*``)."""
        return self.bucket.arn_for_objects(key_pattern)

    def acknowledge_pattern(self, construct: IConstruct, *, key_pattern: str, reason: str) -> None:
        """Acknowledge that a policy of any stack names objects of this bucket by a pattern of their keys."""
        arn = seen_from(construct, owner=self, arn=self.bucket_arn)
        acknowledge_wildcards(construct, reason=reason, resources=(f"{arn}/{key_pattern}",))

    def grant_use_of_key(self, grantee: iam.IGrantable, *actions: str) -> None:
        """Allow these KMS actions on the bucket's key, in the grantee's own policy; nothing with SSE-S3."""
        if self.encryption_key is not None:
            iam.Grant.add_to_principal(
                grantee=grantee, actions=list(actions), resource_arns=[self.encryption_key.key_arn]
            )

    def _notify(self, notifications: NotificationTopic) -> None:
        """Written into the bucket itself: CDK's own way is a custom resource with a function and a role of its own."""
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            topic_configurations=[
                s3.CfnBucket.TopicConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    topic=notifications.topic_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=OBJECT_KEY_PREFIX)]
                        )
                    ),
                )
            ]
        )
        resource.node.add_dependency(notifications.publishing_allowed)


def allow_listing_objects(bucket: s3.IBucket, *, sid: str) -> iam.PolicyStatement:
    """Return a statement that allows listing tenants' objects and their versions, and nothing else."""
    return iam.PolicyStatement(
        sid=sid,
        actions=["s3:ListBucket", "s3:ListBucketVersions"],
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": f"{OBJECT_KEY_PREFIX}*"}},
    )


def _require_sensible(transitions: tuple[Transition, ...], expire_after: Duration) -> None:
    for transition in transitions:
        billed = _BILLED_DAYS[transition.storage_class]
        require(
            holds=transition.after_days + billed <= expire_after.to_days(),
            constraint=f"transitions: {transition.after_days} days and the {billed} days that "
            f"{transition.storage_class} is billed for at least must fit into expire_after "
            f"({expire_after.to_human_string()})",
        )


def _lifecycle(
    expire_after: Duration, expire_set_aside_after: Duration, transitions: tuple[Transition, ...]
) -> list[s3.LifecycleRule]:
    tiering = s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(0))
    others = [
        s3.Transition(storage_class=s3.StorageClass(t.storage_class), transition_after=Duration.days(t.after_days))
        for t in sorted(transitions, key=lambda t: t.after_days)
    ]
    return [
        s3.LifecycleRule(
            id="objects",
            prefix=OBJECT_KEY_PREFIX,
            expiration=expire_after,
            noncurrent_version_expiration=expire_after,
            transitions=[tiering, *others],
        ),
        s3.LifecycleRule(
            id="set-aside",
            prefix=SET_ASIDE_PREFIX,
            expiration=expire_set_aside_after,
            noncurrent_version_expiration=expire_set_aside_after,
        ),
        # A rule of its own: S3 takes it beside no number of days.
        s3.LifecycleRule(id="delete-markers", expired_object_delete_marker=True),
        s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=_ABORT_UPLOADS_AFTER),
    ]
