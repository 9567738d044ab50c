"""`make verify-aws`, and with it the demo's driver, under profiles of accounts that nothing else uses."""

import json

import pytest

from local.verification.command import Verification
from local.verification.deployment import AlreadyThereError
from tests.e2e.cloud import CENTRAL

ACCOUNTS = {"verify-central": "555555555555", "verify-acme": "666666666666", "verify-globex": "777777777777"}
TAKEN = {"verify-taken": CENTRAL}


@pytest.fixture
def verification(cloud, tmp_path, monkeypatch):
    """Make a verification: a user with profiles, whose SDK is told of the embedded cloud as of any other endpoint."""
    lines = "".join(
        f"[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = test\n"
        for name, account in {**ACCOUNTS, **TAKEN}.items()
    )
    (tmp_path / "config").write_text(lines)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, cloud.environment.endpoint_url)
    home = tmp_path / "home"

    def make(central):
        return Verification(cloud.environment.region, central, ["verify-acme", "verify-globex"], home, lambda: True)

    return make


def what_is_in(cloud, account):
    """Name what a user would find in an account, and pay for."""
    call = cloud.client
    return {
        "stacks": [each["StackName"] for each in call("cloudformation", account).describe_stacks()["Stacks"]],
        "buckets": [each["Name"] for each in call("s3", account).list_buckets()["Buckets"]],
        "roles": [each["RoleName"] for each in call("iam", account).list_roles()["Roles"]],
        "tables": call("dynamodb", account).list_tables()["TableNames"],
        "queues": call("sqs", account).list_queues().get("QueueUrls", []),
        "functions": [each["FunctionName"] for each in call("lambda", account).list_functions()["Functions"]],
        "log groups": [each["logGroupName"] for each in call("logs", account).describe_log_groups()["logGroups"]],
        "alarms": [each["AlarmName"] for each in call("cloudwatch", account).describe_alarms()["MetricAlarms"]],
        "dashboards": [
            each["DashboardName"] for each in call("cloudwatch", account).list_dashboards()["DashboardEntries"]
        ],
        "APIs": [each["name"] for each in call("apigateway", account).get_rest_apis()["items"]],
    }


def test_the_demos_driver_holds_under_profiles_and_leaves_nothing(cloud, verification, tmp_path):
    """The system would lose, repeat or misplace real logs, or not follow a change; an account would keep some of it."""
    shown = verification("verify-central").run()
    assert shown.holds, (shown.counts, shown.change)
    for type_ in ("cloudwatch", "s3"):
        assert sum(count.delivered for count in shown.counts if count.type == type_) == 10_520
    templates = [json.loads(path.read_text()) for path in (tmp_path / "home" / "cdk.out").glob("*.template.json")]
    resources = [each for template in templates for each in template["Resources"].values()]
    assert {each.get("DeletionPolicy", "Delete") for each in resources} == {"Delete"}
    keys = [each["Properties"] for each in resources if each["Type"] == "AWS::KMS::Key"]
    assert {key["PendingWindowInDays"] for key in keys} == {7}
    left = {account: what_is_in(cloud, account) for account in ACCOUNTS.values()}
    assert not [each for found in left.values() for each in found.values() if each], left


def test_what_is_there_already_is_never_touched(cloud, verification, monkeypatch):
    """An installation would be deployed over, and removed at the end, by a user who only wanted to try."""
    before = what_is_in(cloud, CENTRAL)
    run = verification("verify-taken")
    monkeypatch.setattr("local.verification.deployment.AwsDeployment.synthesize", lambda self: None)
    assembly = property(lambda _: cloud.home / "cdk.out")
    monkeypatch.setattr("local.deployment.command_line.CommandLine.assembly", assembly)
    with pytest.raises(AlreadyThereError, match=f"{CENTRAL} has a stack LogRouter"):
        run.run()
    assert what_is_in(cloud, CENTRAL) == before
