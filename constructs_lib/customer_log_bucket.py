"""The bucket that a customer's log objects are copied to."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.customer_bucket_statements import bucket_statements
from constructs_lib.limits import require_match


class CustomerLogBucket(Construct):
    """Private bucket, TLS only, that takes objects of one tenant from the central role and stays with its content.

    :param bucket_prefix: empty, or with its trailing slash.
    :param bucket_name: None lets CloudFormation choose.
    :param encryption_key: SSE-KMS with the customer's key (its policy must allow it: ``key_statement``), else SSE-S3.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tenant_id: str,
        central_role_arn: str,
        bucket_prefix: str,
        bucket_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("bucket_prefix", bucket_prefix, r"|[^/].*/", "empty, or a prefix that ends with '/'")
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS if encryption_key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=encryption_key,
            bucket_key_enabled=True if encryption_key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7))
            ],
        )
        for statement in bucket_statements(
            bucket_arn=self.bucket.bucket_arn,
            bucket_prefix=bucket_prefix,
            tenant_id=tenant_id,
            central_role_arn=central_role_arn,
        ):
            self.bucket.add_to_resource_policy(statement)
        acknowledge(
            self.bucket,
            reason="Where access logs go is the customer's own choice; this stack brings no second bucket.",
            findings=("AwsSolutions-S1",),
        )
