import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from constructs_lib.customer_destinations import CustomerLogBucket, CustomerLogGroup, bucket_statements, key_statement
from constructs_lib.limits import PropertyError


def test_keeps_its_events_when_the_stack_goes(stack):
    """Deleting a stack would delete the customer's logs."""
    CustomerLogGroup(stack, "Group", log_group_name="/acme/logs", retention_days=30)
    Template.from_stack(stack).has_resource(
        "AWS::Logs::LogGroup",
        {"DeletionPolicy": "Retain", "Properties": {"LogGroupName": "/acme/logs", "RetentionInDays": 30}},
    )


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a*", "x" * 513])
def test_a_name_that_cloudwatch_refuses_is_refused(stack, name):
    """The customer's stack would fail, or the role's resource pattern would be wider than the group."""
    with pytest.raises(PropertyError, match="log_group_name"):
        CustomerLogGroup(stack, "Group", log_group_name=name, retention_days=30)


CENTRAL = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
OWN_TENANT = {"aws:PrincipalTag/tenant_id": "acme-corp"}


def statements():
    made = bucket_statements(
        bucket_arn="arn:aws:s3:::acme-logs", bucket_prefix="logs/", tenant_id="acme-corp", central_role_arn=CENTRAL
    )
    return [statement.to_statement_json() for statement in made]


def test_puts_need_acl_tenant_and_prefix():
    """Another tenant's logs, or objects the customer doesn't own, could land in the bucket."""
    put, _ = statements()
    assert put == {
        "Sid": "AllowLogDelivery",
        "Effect": "Allow",
        "Principal": {"AWS": CENTRAL},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-logs/logs/acme-corp/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **OWN_TENANT}},
    }


def test_aborting_needs_the_tenant_but_no_acl():
    """An abort carries no ACL: with that condition, cut copies of large objects would stay and be paid for."""
    _, abort = statements()
    assert abort["Action"] == "s3:AbortMultipartUpload"
    assert abort["Resource"] == "arn:aws:s3:::acme-logs/logs/acme-corp/*"
    assert abort["Condition"] == {"StringEquals": OWN_TENANT}


def test_nothing_may_be_read_or_deleted():
    """A provider's role that can read a customer's bucket is more than anyone agreed to."""
    assert {s["Action"] for s in statements()} == {"s3:PutObject", "s3:AbortMultipartUpload"}


def test_the_key_is_used_through_s3_for_the_own_tenant():
    """The central role could use the customer's key for anything, or for another tenant's delivery."""
    statement = key_statement(
        tenant_id="acme-corp", central_role_arn=CENTRAL, region="us-east-1", url_suffix="amazonaws.com"
    ).to_statement_json()
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", **OWN_TENANT}}


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
