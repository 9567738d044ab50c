"""A bucket that holds logs, the provider's or a customer's: private, its objects its owner's, encrypted, TLS only."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


def log_bucket(
    scope: Construct,
    *,
    bucket_name: str | None,
    encryption_key: kms.IKey | None,
    removal_policy: RemovalPolicy,
    lifecycle_rules: list[s3.LifecycleRule],
    versioned: bool | None = None,
) -> s3.Bucket:
    """Return the bucket of a construct, under the id ``Bucket``.

    :param bucket_name: ``None`` lets CloudFormation choose. :param encryption_key: ``None`` means SSE-S3.
    """
    return s3.Bucket(
        scope,
        "Bucket",
        bucket_name=bucket_name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.KMS if encryption_key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=encryption_key,
        bucket_key_enabled=True if encryption_key else None,
        versioned=versioned,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        removal_policy=removal_policy,
        lifecycle_rules=lifecycle_rules,
    )
