"""What `make verify-aws` deploys."""

import pytest
from aws_cdk import aws_lambda as lambda_

from local.verification.app import add_stacks
from stacks.application import new_app

pytestmark = pytest.mark.xdist_group("synthesis")


def test_nothing_outlives_its_stack(tmp_path):
    """A run would leave buckets, log groups, tables or roles behind in the user's accounts."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").write_text("")
    app = new_app(str(tmp_path / "out"))

    def code():
        return lambda_.Code.from_asset(str(tmp_path / "code"))

    add_stacks(app, account="111111111111", region="eu-west-1", code=code, api_code=code)
    stacks = app.synth().stacks
    resources = {name: each for stack in stacks for name, each in stack.template["Resources"].items()}
    kept = {name for name, each in resources.items() if each.get("DeletionPolicy", "Delete") != "Delete"}
    buckets = [each for each in resources.values() if each["Type"] == "AWS::S3::Bucket"]
    assert (len(buckets), kept) == (2, set())
    assert all(each["DeletionPolicy"] == "Delete" for each in buckets)
    assert {stack.environment.region for stack in stacks} == {"eu-west-1", "unknown-region"}
