"""Who assumed which role, and who touched which object: a CloudTrail trail of this Region."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge, acknowledge_wildcards


class AuditTrail(Construct):
    """Trail of management events (role assumptions are among them) and of the central bucket's data events.

    It costs: data events are charged by the event (CloudTrail pricing), and each object is written once and read a few
    times. So it is an option. The log group answers questions; the bucket keeps the files with their digests.

    :param bucket: the central bucket. :param kept: how long the trail's files are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        kept: Duration,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=removal_policy)
        self.files = s3.Bucket(
            self,
            "Files",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=kept)],
            removal_policy=removal_policy,
        )
        acknowledge(
            self.files,
            reason="It is itself a log; the trail records who reads it.",
            findings=("AwsSolutions-S1",),
        )
        self.trail = cloudtrail.Trail(
            self,
            "Trail",
            bucket=self.files,
            cloud_watch_log_group=self.log_group,
            send_to_cloud_watch_logs=True,
            enable_file_validation=True,
            is_multi_region_trail=False,
            include_global_service_events=True,
        )
        self.trail.add_s3_event_selector([cloudtrail.S3EventSelector(bucket=bucket)], include_management_events=True)
        for policy in (child for child in self.trail.node.find_all() if isinstance(child, iam.Policy)):
            acknowledge_wildcards(
                policy,
                reason="The streams of its own log group; CloudTrail names them.",
                resources=(self.log_group.log_group_arn,),
            )
