import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from constructs_lib.customer_log_bucket import CustomerLogBucket
from constructs_lib.limits import PropertyError


def make(stack, **properties):
    return CustomerLogBucket(
        stack,
        "Bucket",
        **{
            "tenant_id": "acme-corp",
            "central_role_arn": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
            "bucket_prefix": "logs/",
            **properties,
        },
    )


def test_is_private_owned_by_the_customer_and_kept(stack):
    """Objects could be public, belong to the provider, or go with the stack."""
    make(stack)
    Template.from_stack(stack).has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "PublicAccessBlockConfiguration": Match.object_like({"RestrictPublicBuckets": True}),
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "LifecycleConfiguration": {
                    "Rules": [Match.object_like({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}})]
                },
            },
        },
    )


def test_lets_the_central_role_put_and_denies_clear_text(stack):
    """Deliveries would be refused, or accepted without TLS."""
    make(stack)
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": [
                    Match.object_like(
                        {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}, "Action": "s3:*"}
                    ),
                    Match.object_like(
                        {"Effect": "Deny", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}, "Action": "s3:*"}
                    ),
                    Match.object_like({"Sid": "AllowLogDelivery", "Action": "s3:PutObject"}),
                    Match.object_like({"Sid": "AllowAbortOfUnfinishedDelivery"}),
                ]
            }
        },
    )


def test_can_be_encrypted_with_the_customers_key(stack):
    """A customer who must hold the key could not be onboarded."""
    make(stack, encryption_key=kms.Key(stack, "Key"))
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    Match.object_like(
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": Match.object_like({"SSEAlgorithm": "aws:kms"}),
                        }
                    )
                ]
            }
        },
    )


@pytest.mark.parametrize("prefix", ["logs", "/", "/logs/"])
def test_a_prefix_that_the_delivery_would_not_use_is_refused(stack, prefix):
    """The policy would allow another prefix than the one that objects are put under."""
    with pytest.raises(PropertyError, match="bucket_prefix"):
        make(stack, bucket_prefix=prefix)


@pytest.mark.parametrize("prefix", ["", "ROSA/cluster-logs/"])
def test_the_root_and_a_folder_are_both_prefixes(stack, prefix):
    """The contract's default, or a customer's whole bucket, would be refused."""
    make(stack, bucket_prefix=prefix)
