"""What the emulator forgives and CloudFormation or IAM would refuse: every template, every policy."""

import json
import warnings
from pathlib import Path

import pytest
from cfnlint.config import ConfigMixIn, ManualArgs
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament imports pkg_resources, which setuptools has deprecated
    import parliament

NOT_FINDINGS = {
    "W3005": "a dependency that a reference implies already: the CDK states both for each function and its role",
    "W6001": "an output made of another stack's values: it is for people, nothing imports it in turn",
}

POLICY_KEYS = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy")
ISSUER = "oidc.example.com/id/ABC"
ANY_ROLE = "arn:aws:iam::111111111111:role/any"


@pytest.mark.no_cover  # the linter's own code isn't what is counted, and is slower while counting
def test_cfn_lint_finds_nothing(templates):
    """A deployment to AWS would fail where the embedded cloud's succeeds."""
    distinct = {json.dumps(template).replace("eu-west-1", "us-east-1"): name for name, template in templates.items()}
    settings = ManualArgs(regions=["us-east-1"], ignore_checks=list(NOT_FINDINGS))
    linter = Runner(ConfigMixIn(**settings))  # one for all: it reads its rules when it is made
    for template, name in distinct.items():
        document, unreadable = decode_str(template)
        assert [str(finding) for finding in (*unreadable, *linter.validate_template(document))] == [], name


def test_the_iam_linter_finds_nothing(templates):
    """A policy would name an action that doesn't exist, or a condition that its action doesn't know."""
    checked = 0
    for name, template in templates.items():
        for policy in policies(template):
            findings = parliament.analyze_policy_string(json.dumps(plain(policy))).findings
            assert [str(finding) for finding in findings if not is_issuers_own(finding)] == [], name
            checked += 1
    assert checked > 30


def policies(value):
    """Find every policy document, wherever it stands in a template."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in POLICY_KEYS:
                yield on_this_key(below) if key == "KeyPolicy" else below
            else:
                yield from policies(below)
    elif isinstance(value, list):
        for below in value:
            yield from policies(below)


def on_this_key(policy):
    """In a key's own policy ``*`` is that key (KMS developer guide, key policies).

    The statement that lets the account's IAM policies decide (``kms:*``) names more actions than a key has.
    """
    ours = [statement for statement in policy["Statement"] if statement["Action"] != "kms:*"]
    return {**policy, "Statement": [{**statement, "Resource": {"Ref": "Key"}} for statement in ours]}


def is_issuers_own(finding):
    """Tell a claim of an OpenID Connect issuer, whose name no list of condition keys can have."""
    return finding.issue == "UNKNOWN_CONDITION_FOR_ACTION" and f"{ISSUER}:" in str(finding.detail)


def is_tls_version(statement):
    """Tell S3's own example for a least TLS version: the linter knows whole numbers alone, and no ``s3:*``."""
    return statement["Effect"] == "Deny" and "NumericLessThan" in statement.get("Condition", {})


def plain(policy):
    """Make it an identity policy of plain text, which is what the linter knows."""
    given = [statement["Fn::If"][2] if "Fn::If" in statement else statement for statement in policy["Statement"]]
    statements = [dict(statement) for statement in given if not is_tls_version(statement)]
    for statement in statements:
        statement.pop("Principal", None)
        statement.setdefault("Resource", ANY_ROLE)
        statement["Resource"] = resolved(statement["Resource"])
        if "Condition" in statement:
            statement["Condition"] = resolved(statement["Condition"])
    return {"Version": policy["Version"], "Statement": statements}


REFERENCES = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111111111111",
    "CentralRoleArn": ANY_ROLE,
}


def resolved(value):
    """Put text in the place of references, all the way down."""
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            text = delimiter.join(resolved(part) for part in parts)
        case {"Fn::GetAtt": [name, _]} | {"Fn::ImportValue": name}:
            text = arn(name)
        case {"Ref": name}:
            text = REFERENCES.get(name) or arn(name)
        case {"Fn::If": [_, _, no]}:
            text = resolved(no)
        case {"Fn::Select": [index, {"Fn::Split": [delimiter, whole]}]}:
            parts = resolved(whole).split(delimiter)
            text = parts[int(index)]
        case {"Fn::Select": _}:
            text = REFERENCES["AWS::AccountId"]
        case dict():
            return {key: resolved(below) for key, below in value.items()}
        case list():
            return [resolved(below) for below in value]
        case _:
            text = str(value)
    return text


def arn(name):
    """Return an ARN of the kind of resource that a logical id speaks of."""
    kinds = {
        "Queue": "arn:aws:sqs:us-east-1:111111111111:queue",
        "UndeliveredNotifications": "arn:aws:sqs:us-east-1:111111111111:queue",
        "KafkaTopic": "topic",
        "Topic": "arn:aws:sns:us-east-1:111111111111:topic",
        "EventBus": "arn:aws:events:us-east-1:111111111111:event-bus/bus",
        "LogGroup": "arn:aws:logs:us-east-1:111111111111:log-group:group:*",
        "LogBucket": "arn:aws:s3:::bucket",
        "StreamArn": "arn:aws:dynamodb:us-east-1:111111111111:table/table/stream/label",
        "DeliveryConfigs": "arn:aws:dynamodb:us-east-1:111111111111:table/table",
        "Tenants": "arn:aws:dynamodb:us-east-1:111111111111:table/table",
        "AlertStates": "arn:aws:dynamodb:us-east-1:111111111111:table/table",
        "AlertRules": "arn:aws:dynamodb:us-east-1:111111111111:table/table",
        "ParkedDeliveries": "arn:aws:dynamodb:us-east-1:111111111111:table/table",
        "Domain": "arn:aws:es:us-east-1:111111111111:domain/domain",
        "Collection": "arn:aws:aoss:us-east-1:111111111111:collection/collection",
        "KafkaCluster": "arn:aws:kafka:us-east-1:111111111111:cluster/cluster/id",
        "SecretArn": "arn:aws:secretsmanager:us-east-1:111111111111:secret:secret",
        "Function": "arn:aws:lambda:us-east-1:111111111111:function:function",
        "Role": "arn:aws:iam::111111111111:role/role",
        "Key": "arn:aws:kms:us-east-1:111111111111:key/key",
    }
    return next((found for word, found in kinds.items() if word in name), "parameter")


@pytest.mark.parametrize("assembly", ["production", "development", "polled"])
def test_every_acknowledged_finding_has_a_reason(assembly, request):
    """A reviewer could not tell an accepted finding from a hidden one."""
    directory = Path(request.getfixturevalue(assembly).directory)
    report = json.loads((directory / "validation-report.json").read_text())
    suppressed = [each for plugin in report["pluginReports"] for each in plugin["suppressedViolations"]]
    assert suppressed
    assert all(len(each["reason"].split()) > 8 for each in suppressed)
    assert not [v for plugin in report["pluginReports"] for v in plugin["violations"]]
