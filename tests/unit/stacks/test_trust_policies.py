"""Who may assume which role, and that each condition is one that AWS sends for that principal.

A key that isn't sent fails ``StringEquals`` for ever: the role can't be assumed, and nothing here would show it.
"""

import pytest

OIDC_CLAIMS = {"oidc.example.com/id/ABC:sub", "oidc.example.com/id/ABC:aud"}
DOCUMENTED = {
    "lambda.amazonaws.com": set(),  # Lambda developer guide, "Defining Lambda function permissions": none
    "apigateway.amazonaws.com": set(),  # API Gateway developer guide, "Set up CloudWatch logging": none
    "cloudtrail.amazonaws.com": {"aws:SourceArn", "aws:SourceAccount"},  # CloudTrail user guide, confused deputy
    "vpc-flow-logs.amazonaws.com": {"aws:SourceAccount", "aws:SourceArn"},  # VPC user guide, confused deputy
    # IAM user guide, "Available keys for AWS OIDC federation"
    "Federated": OIDC_CLAIMS,
    # IAM user guide, "AWS global condition context keys"; STS service authorization reference
    "AWS": {
        "aws:PrincipalArn",
        "aws:PrincipalTag/tenant_id",
        "aws:RequestTag/tenant_id",
        "aws:TagKeys",
        "sts:ExternalId",
    },
}
"""By service, or by kind of principal."""


def trusts(templates):
    for name, template in templates.items():
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role":
                for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                    yield f"{name}/{logical_id}", statement


def principals(statement):
    """Return the names under which ``DOCUMENTED`` has a statement's principals."""
    (kind, value), *others = statement["Principal"].items()
    assert not others
    if kind != "Service":
        return {kind}
    return {value} if isinstance(value, str) else set(value)


def test_no_trust_has_a_condition_that_aws_does_not_document(templates):
    """A role could not be assumed at all: every function would fail to start, on AWS and nowhere else."""
    seen = set()
    for where, statement in trusts(templates):
        keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
        for principal in principals(statement):
            seen.add(principal)
            assert principal in DOCUMENTED, where
            assert keys <= DOCUMENTED[principal], where
    assert {"lambda.amazonaws.com", "apigateway.amazonaws.com", "Federated", "AWS"} <= seen


def test_no_trust_is_open(templates):
    """Whoever knows a role's ARN could assume it."""
    for where, statement in trusts(templates):
        assert statement["Principal"] != "*", where
        if principals(statement) == {"AWS"}:
            assert statement["Condition"], where
        if principals(statement) == {"Federated"}:
            assert {key.rpartition(":")[2] for key in statement["Condition"]["StringEquals"]} == {"sub", "aud"}, where


@pytest.mark.parametrize("part", ["Storage", "Collection", "Monitoring"])
def test_every_service_that_a_resource_lets_in_is_of_this_account(production, part):
    """A service could be lent by another account: AWS documents ``aws:SourceAccount`` for SNS, S3, SQS and KMS."""
    checked = 0
    for logical_id, resource in (
        production.get_stack_by_name(f"LogRouter{part}-us-east-1").template["Resources"].items()
    ):
        properties = resource.get("Properties", {})
        policy = properties.get("PolicyDocument") or properties.get("KeyPolicy")
        if resource["Type"] not in {"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::KMS::Key"}:
            continue
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow" and "Service" in statement.get("Principal", {}):
                account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                assert account in ({"Ref": "AWS::AccountId"}, "111111111111"), logical_id
                checked += 1
    assert checked
