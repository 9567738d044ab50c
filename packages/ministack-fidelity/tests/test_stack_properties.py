"""CloudFormation applies a bucket's and a table's properties."""

import json
from functools import partial

import pytest
from botocore.exceptions import WaiterError

from ministack_fidelity.identities import unique

pytestmark = pytest.mark.embedded

CUSTOMER = "222222222222"

TEMPLATE = {
    "Parameters": {"Tier": {"Type": "String", "Default": "GLACIER"}},
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        },
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "expire",
                            "Status": "Enabled",
                            "ExpirationInDays": 30,
                            "Prefix": "tenant_id=",
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                            "Transitions": [{"TransitionInDays": 7, "StorageClass": {"Ref": "Tier"}}],
                            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                        },
                        {"Id": "markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": True},
                    ]
                },
            },
        },
    },
}


@pytest.fixture
def applied(accounts):
    """A maker of clients, and the names of a deployed bucket and table."""
    name = unique("stack")
    client = partial(accounts.client, keys=CUSTOMER)
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    resources = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return client, {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}


def test_time_to_live_and_recovery_of_a_table_are_applied(applied):
    """Expired delivery configs would stay, which nobody would see before AWS."""
    client, names = applied
    dynamodb, table = client("dynamodb"), names["Table"]
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_lifecycle_of_a_bucket_is_applied(applied):
    """Objects would never expire in the embedded cloud, or all of them at once."""
    client, names = applied
    rule, markers = client("s3").get_bucket_lifecycle_configuration(Bucket=names["Bucket"])["Rules"]
    assert (rule["ID"], rule["Status"], rule["Filter"]) == ("expire", "Enabled", {"Prefix": "tenant_id="})
    assert rule["Expiration"] == {"Days": 30}
    assert rule["Transitions"] == [{"Days": 7, "StorageClass": "GLACIER"}]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert (markers["ID"], markers["Expiration"]) == ("markers", {"ExpiredObjectDeleteMarker": True})


def test_encryption_and_ownership_of_a_bucket_are_applied(applied):
    """A copy that the bucket's settings refuse in AWS would be accepted."""
    client, names = applied
    s3, bucket = client("s3"), names["Bucket"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_a_refused_property_fails_the_stack(accounts):
    """A lifecycle that S3 refuses would be deployed here, and fail in AWS."""
    rule = {"Id": "none", "Status": "Enabled", "ExpirationInDays": 0}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": [rule]}}}
    cloudformation, name = accounts.client("cloudformation", CUSTOMER), unique("stack")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Bucket": bucket}}))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_kms_without_a_key_is_the_managed_key(accounts):
    """The CDK could not publish a file to its own bucket, whose encryption names no key."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3, bucket = accounts.client("s3", CUSTOMER), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    for more in ({}, {"ServerSideEncryption": "aws:kms"}):
        s3.put_object(Bucket=bucket, Key="key", Body=b"", **more)
        assert s3.head_object(Bucket=bucket, Key="key")["ServerSideEncryption"] == "aws:kms"
