"""What a customer's logs are delivered to: a log group, a bucket, and what the bucket must allow."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.limits import require_match
from constructs_lib.log_bucket import log_bucket
from constructs_lib.names import TENANT_TAG

_NAME = r"[A-Za-z0-9._/#-]{1,512}"
"""Source: CloudWatch Logs API reference, CreateLogGroup."""


class CustomerLogGroup(Construct):
    """Log group that stays when the stack goes: its content is the customer's.

    :param log_group_name: named in the delivery config.
    :param retention_days: as CloudWatch takes it (1, 3, 5, 7, 14, 30 ...); text or a parameter. Events older than
        it are set aside, not delivered.
    """

    def __init__(self, scope: Construct, construct_id: str, *, log_group_name: str, retention_days: float) -> None:
        super().__init__(scope, construct_id)
        require_match("log_group_name", log_group_name, _NAME, "1-512 of letters, digits and ._/#-")
        self.log_group = logs.CfnLogGroup(
            self, "LogGroup", log_group_name=log_group_name, retention_in_days=retention_days
        )
        self.log_group.apply_removal_policy(RemovalPolicy.RETAIN)


CANNED_ACL = "bucket-owner-full-control"


def bucket_statements(
    *, bucket_arn: str, bucket_prefix: str, tenant_id: str, central_role_arn: str
) -> list[iam.PolicyStatement]:
    """Allow the central role, for this tenant alone, to put objects under the tenant's prefix.

    A multipart upload's ACL is given when it is begun; S3 judges its parts and its completion, which have no ACL
    header, by that one. So one statement serves both ways of copying.

    :param bucket_prefix: empty, or with its trailing slash.
    """
    objects = f"{bucket_arn}/{bucket_prefix}{tenant_id}/*"
    own_tenant = {f"aws:PrincipalTag/{TENANT_TAG}": tenant_id}
    return [
        iam.PolicyStatement(
            sid="AllowLogDelivery",
            principals=[iam.ArnPrincipal(central_role_arn)],
            actions=["s3:PutObject"],
            resources=[objects],
            conditions={"StringEquals": {"s3:x-amz-acl": CANNED_ACL, **own_tenant}},
        ),
        iam.PolicyStatement(
            sid="AllowAbortOfUnfinishedDelivery",
            principals=[iam.ArnPrincipal(central_role_arn)],
            actions=["s3:AbortMultipartUpload"],
            resources=[objects],
            conditions={"StringEquals": own_tenant},
        ),
    ]


def key_statement(*, tenant_id: str, central_role_arn: str, region: str, url_suffix: str) -> iam.PolicyStatement:
    """Allow S3, on the central role's behalf and for this tenant alone, to use the bucket's key.

    ``Decrypt``: S3 needs it to put the parts of a multipart copy together.
    """
    return iam.PolicyStatement(
        sid="AllowLogDelivery",
        principals=[iam.ArnPrincipal(central_role_arn)],
        actions=["kms:GenerateDataKey", "kms:Decrypt"],
        resources=["*"],
        conditions={
            "StringEquals": {
                "kms:ViaService": f"s3.{region}.{url_suffix}",
                f"aws:PrincipalTag/{TENANT_TAG}": tenant_id,
            }
        },
    )


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
        self.bucket = log_bucket(
            self,
            bucket_name=bucket_name,
            encryption_key=encryption_key,
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
