"""What the deployment left behind is what the templates say, and where scripts expect it."""

import json

from local.deployment.deploy import output
from tests.e2e.cloud import ACME, CENTRAL, GLOBEX


def test_the_environment_file_names_what_is_there(cloud):
    """A script that reads `environment.json` would look for things that aren't there."""
    found = json.loads((cloud.home / "environment.json").read_text())
    sqs, s3 = cloud.client("sqs"), cloud.client("s3")
    for name in ("object_queue_url", "object_dlq_url", "delivery_queue_url", "delivery_dlq_url"):
        assert sqs.get_queue_attributes(QueueUrl=found[name], AttributeNames=["QueueArn"])["Attributes"]
    assert s3.head_bucket(Bucket=found["central_bucket"])
    assert cloud.client("lambda").get_function(FunctionName=found["processor_function_name"])
    assert cloud.client("dynamodb").describe_table(TableName=found["tenant_config_table"])
    assert (found["central_account"], found["customer_accounts"]) == (CENTRAL, [ACME, GLOBEX])
    for tenant_id, account in (("acme-corp", ACME), ("globex", GLOBEX)):
        tenant = found["tenants"][tenant_id]
        assert tenant["log_distribution_role_arn"].split(":")[4] == account
        assert cloud.client("s3", account).head_bucket(Bucket=tenant["bucket_name"])
        groups = cloud.client("logs", account).describe_log_groups(logGroupNamePrefix=tenant["log_group_name"])
        assert [group["logGroupName"] for group in groups["logGroups"]] == [tenant["log_group_name"]]


def test_expired_configs_are_deleted_and_the_table_can_be_restored(cloud):
    """The embedded cloud would forgive a table without time to live or recovery."""
    dynamodb, table = cloud.client("dynamodb"), cloud.environment.tenant_config_table
    live = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert (live["TimeToLiveStatus"], live["AttributeName"]) == ("ENABLED", "ttl")
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_central_bucket_is_encrypted_and_lets_objects_go(cloud):
    """The embedded cloud would keep all objects for ever, in the clear."""
    s3, bucket = cloud.client("s3"), cloud.environment.central_bucket
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert any("Expiration" in rule for rule in rules)
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]


def test_deploying_again_changes_nothing(cloud):
    """`python -m local deploy` would fail on what is there, or replace what holds data."""
    from local.deployment.command_line import CommandLine
    from local.deployment.deploy import APP, central_stacks
    from local.toolchain.cdk import cdk_command

    cdk = cdk_command(cloud.home / "logs")
    command_line = CommandLine(cdk, cloud.home, cloud.environment.region, APP, cloud.accounts.variables, {})
    outputs = command_line.deploy(CENTRAL, *central_stacks(command_line.assembly), parameters={})
    assert output(outputs, "CentralBucketName") == cloud.environment.central_bucket
