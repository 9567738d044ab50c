import json
from contextlib import suppress
from pathlib import Path

from aws_cdk import App, Environment, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from constructs_lib.acknowledgement import acknowledge_wildcards, seen_from

ACCOUNT = Environment(account="111111111111", region="us-east-1")


def policy(scope, *resources):
    role = iam.Role(scope, "Role", assumed_by=iam.AccountRootPrincipal())
    statement = iam.PolicyStatement(actions=["s3:GetObject"], resources=list(resources))
    return iam.Policy(scope, "Policy", roles=[role], statements=[statement])


def wildcards(app):
    """Return the wildcard findings that a synthesis reports, without the acknowledged ones."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # other findings on these bare resources end the synthesis
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    rules = [violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]]
    assert "AwsSolutions-S1" in rules, "the check ran"
    return [rule for rule in rules if rule.startswith("AwsSolutions-IAM5")]


def test_exactly_the_named_wildcard_is_acknowledged(stack):
    """Acknowledging one wildcard would hide the next one that slips in."""
    bucket = s3.Bucket(stack, "Bucket")
    made = policy(stack, bucket.arn_for_objects("a/*"), bucket.arn_for_objects("b/*"))
    acknowledge_wildcards(made, reason="test", resources=(bucket.arn_for_objects("a/*"),))
    (left,) = wildcards(stack.node.root)
    assert left.endswith("/b/*]")


def test_a_resource_of_another_stack_is_recognised():
    """The report names an import there: the acknowledgement of its ARN would match nothing."""
    app = App()
    owner, user = Stack(app, "Owner", env=ACCOUNT), Stack(app, "User", env=ACCOUNT)
    bucket = s3.Bucket(owner, "Bucket")
    made = policy(user, bucket.arn_for_objects("a/*"))
    arn = seen_from(made, owner=bucket, arn=bucket.bucket_arn)
    acknowledge_wildcards(made, reason="test", resources=(f"{arn}/a/*",))
    assert wildcards(app) == []
