"""CloudFormation properties in the API's words, applied where the emulator leaves them out."""

import json
from functools import partial

import pytest

from local.deployment.parity import DeployedStack, apply_ignored_properties
from local.waiting import wait_until
from ministack_fidelity.identities import unique
from tests.integration.conftest import CUSTOMER

pytestmark = pytest.mark.embedded

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
                        }
                    ]
                },
            },
        },
    },
}


@pytest.fixture
def applied(accounts, tmp_path):
    """A maker of clients, and the names of a deployed bucket and table whose ignored properties were applied."""
    name = unique("stack")
    client = partial(accounts.client, keys=CUSTOMER)
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    template = tmp_path / "template.json"
    template.write_text(json.dumps(TEMPLATE))
    stack = DeployedStack(accounts, CUSTOMER, name, template, accounts.region)
    wait_until(lambda: len(stack.physical_ids()) == len(TEMPLATE["Resources"]), what="the stack", timeout_seconds=20)
    assert len(apply_ignored_properties(stack)) == 5
    return client, stack.physical_ids()


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
    (rule,) = client("s3").get_bucket_lifecycle_configuration(Bucket=names["Bucket"])["Rules"]
    assert (rule["ID"], rule["Status"], rule["Filter"]) == ("expire", "Enabled", {"Prefix": "tenant_id="})
    assert rule["Expiration"] == {"Days": 30}
    assert rule["Transitions"] == [{"Days": 7, "StorageClass": "GLACIER"}]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_encryption_and_ownership_of_a_bucket_are_applied(applied):
    """A copy that the bucket's settings refuse in AWS would be accepted."""
    client, names = applied
    s3, bucket = client("s3"), names["Bucket"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]
