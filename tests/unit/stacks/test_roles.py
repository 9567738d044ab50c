"""Every role of the provider with its statements, as docs/roles.md has it, held against the templates."""

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"
HEAD = ("| statement | may | on | only with |", "|---|---|---|---|")
HASH = re.compile(r"[0-9A-F]{8}$")


@pytest.fixture(scope="module")
def resources(production):
    """One Region's resources of the provider's stacks, by logical id."""
    found = {}
    for stack in production.stacks:
        if stack.stack_name == "LogRouterCentralRole" or stack.stack_name.endswith("us-east-1"):
            found |= stack.template["Resources"]
    return found


def text(value):
    """Write a value as text; references by their logical ids, without the hash."""
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            return delimiter.join(text(part) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            of = "" if attribute in {"Arn", "StreamArn"} else f".{attribute}"
            return "{" + HASH.sub("", name) + of + "}"
        case {"Ref": name}:
            return "{" + HASH.sub("", name).removeprefix("AWS::") + "}"
        case {"Fn::ImportValue": name}:
            kept = re.sub(r"^.*ExportsOutput(Ref|FnGetAtt)", "", name)
            return "{" + re.sub(r"[0-9A-F]{8}(Arn|StreamArn)?[0-9A-F]{8}$", "", kept) + "}"
        case _:
            return str(value)


def listed(value):
    return [text(each) for each in (value if isinstance(value, list) else [value])]


def cell(values):
    return "<br>".join(f"`{value}`" for value in values)


def statements(role_id, role, resources):
    """Yield the statements of the policies that belong to a role, by reference or by its name."""
    mine = ({"Ref": role_id}, role["Properties"].get("RoleName"))
    for policy in role["Properties"].get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]
    for resource in resources.values():
        if resource["Type"] == "AWS::IAM::Policy" and any(each in mine for each in resource["Properties"]["Roles"]):
            yield from resource["Properties"]["PolicyDocument"]["Statement"]


def conditions(statement):
    return [
        f"{key} {operator} {', '.join(listed(value))}"
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    ]


def section(role_id, role, resources):
    trusted = [
        f"`{text(value)}`" + (f" with {cell(conditions(statement))}" if conditions(statement) else "")
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if statement["Action"] != "sts:TagSession"
        for value in statement["Principal"].values()
    ]
    arns = role["Properties"].get("ManagedPolicyArns")
    managed = [f"Managed policy: {cell(listed(arns))}."] if arns else []
    rows = [
        f"| {statement.get('Sid', '')} | {'' if statement['Effect'] == 'Allow' else '**never** '}"
        f"{cell(listed(statement['Action']))} | {cell(listed(statement['Resource']))} | {cell(conditions(statement))} |"
        for statement in statements(role_id, role, resources)
    ]
    table = [*HEAD, *rows] if rows else []
    return "\n".join((f"## {HASH.sub('', role_id)}", "", f"Assumed by {'; '.join(trusted)}.", *managed, "", *table, ""))


def test_the_page_of_roles_is_the_templates(resources):
    """A reviewer would approve other permissions than those that are deployed."""
    sections = [
        section(role_id, resource, resources)
        for role_id, resource in sorted(resources.items())
        if resource["Type"] == "AWS::IAM::Role"
    ]
    page = "\n".join(
        (
            "# Roles of the provider",
            "",
            "Production in one Region, on both hosts, with one cluster. Written from the templates by a test.",
            "What a customer's role may do is in [onboarding.md](onboarding.md).",
            "",
            *sections,
        )
    )
    assert PAGE.read_text() == page, f"docs/roles.md should be:\n{page}"


def test_every_statement_names_what_it_is_about(resources):
    """An action on everything would be found by whoever it was used against."""
    everywhere = {
        json.dumps(statement["Action"])
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Resource"] == "*"
    }
    interfaces = {action for action in everywhere if "ec2:DescribeNetworkInterfaces" in action}  # Lambda's, in a VPC
    assert len(interfaces) == 1
    assert everywhere - interfaces == {'"cloudwatch:PutMetricData"', '"dynamodb:ListStreams"'}
