"""What a customer reads of the provider's permissions, held against the template that they deploy."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "onboarding.md").read_text()
SECTION = PAGE.partition("\n## What the provider may do\n")[2].partition("\n## ")[0]
NOTHING = {"Ref": "AWS::NoValue"}
HEAD = ("| allowed by | action | on | only with | while |", "|---|---|---|---|---|")
NOT_WRITING = re.compile(r"\w+:(Get|List|Describe|Head|Filter|Query|Scan|Delete|\*)")
SESSION_SECONDS = 3600
"""Source: CloudFormation, AWS::IAM::Role, MaxSessionDuration: an hour where a template gives none."""


@pytest.fixture(scope="module")
def template(development):
    return development.get_stack_by_name("LogRouterCustomer").template


def text(value):  # noqa: PLR0911 - a form a line
    """Write a value as text, parameters in braces: a parameter that has a default in the template as itself."""
    match value:
        case {"Fn::Select": [_, {"Fn::Split": [":cluster/", _]}]}:
            return "…"
        case {"Fn::Join": [delimiter, parts]}:
            return delimiter.join(text(part) for part in parts)
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return "{" + ("bucket" if name.startswith("CustomerLogBucket") else name.removeprefix("AWS::")) + "}"
        case {"Fn::If": ["HasExternalId", _, _]}:
            return "{ExternalId}"
        case {"Fn::If": [_, given, _]}:
            return text(given)
        case list():
            return "<br>".join(text(each) for each in value)
        case _:
            return str(value)


def when(condition, template):
    """Write a condition of the template in words."""
    match condition:
        case None:
            return ""
        case str(name) | {"Condition": name}:
            return when(template["Conditions"][name], template)
        case {"Fn::Equals": [left, right]}:
            return f"`{left['Ref']}` is `{right}`" if right else f"`{left['Ref']}` is empty"
        case {"Fn::Not": [below]}:
            return when(below, template).replace(" is ", " isn't ")
        case {"Fn::And": parts}:
            return ", ".join(when(part, template) for part in parts)
        case {"Fn::Or": parts}:
            return " or ".join(when(part, template) for part in parts)


def holds(condition, template, given):
    """Evaluate a condition for parameters, the rest of which have their defaults."""
    match condition:
        case None:
            return True
        case str(name) | {"Condition": name}:
            return holds(template["Conditions"][name], template, given)
        case {"Fn::Equals": [left, right]}:
            return given.get(left["Ref"], template["Parameters"][left["Ref"]].get("Default")) == right
        case {"Fn::Not": [below]}:
            return not holds(below, template, given)
        case {"Fn::And": parts}:
            return all(holds(part, template, given) for part in parts)
        case {"Fn::Or": parts}:
            return any(holds(part, template, given) for part in parts)


def documents(template):
    """Yield each policy of the template: what it belongs to, the condition it is made on, its statements."""
    for resource in template["Resources"].values():
        properties, condition = resource.get("Properties", {}), resource.get("Condition")
        for policy in properties.get("Policies", ()):
            yield "the role", condition, policy["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::IAM::Role":
            yield "the role's trust", condition, properties["AssumeRolePolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::IAM::Policy":
            yield "the role", condition, properties["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::S3::BucketPolicy":
            yield "the bucket", condition, properties["PolicyDocument"]["Statement"]


def statements(template):
    """Yield each statement that is about the provider, with its place and the conditions it is made on."""
    for location, condition, found in documents(template):
        for statement in found:
            unless = statement["Fn::If"][0] if "Fn::If" in statement else None
            if unless:
                assert statement["Fn::If"][1] == NOTHING
                statement = statement["Fn::If"][2]  # noqa: PLW2901 - the statement itself
            if statement.get("Principal") != {"AWS": "*"}:  # what everybody is denied: clear text, old TLS
                yield location, [condition, {"Fn::Not": [unless]} if unless else None], statement


def allowed(template, **given):
    """Return the actions that the provider may do, with their resources, under these parameters."""
    made = [
        statement
        for _, conditions, statement in statements(template)
        if all(holds(each, template, given) for each in conditions)
    ]
    if any(statement["Effect"] == "Deny" and statement["Action"] == "*" for statement in made):
        made = [statement for statement in made if "Principal" in statement and "Resource" in statement]  # the bucket's
    return [
        (action, statement.get("Resource"))
        for statement in made
        if statement["Effect"] == "Allow"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]


def row(location, conditions, statement, template):
    kind = "" if statement["Effect"] == "Allow" else "**denied:** "
    with_ = [
        f"`{key}` = `{text(value)}`" for keys in statement.get("Condition", {}).values() for key, value in keys.items()
    ]
    if "Principal" in statement:
        with_.insert(0, f"the principal `{text(statement['Principal']['AWS'])}`")
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    resources = text(statement.get("Resource", "itself")).split("<br>")
    cells = (
        location,
        kind + "<br>".join(f"`{action}`" for action in actions),
        "<br>".join(f"`{each}`" for each in resources),
        "<br>".join(with_),
        "<br>".join(filter(None, (when(each, template) for each in conditions))),
    )
    return "| " + " | ".join(cells) + " |"


def test_the_table_of_permissions_is_the_templates(template):
    """A customer would allow more, or less, than what they read before they deployed."""
    table = "\n".join((*HEAD, *(row(*each, template) for each in statements(template))))
    assert table in SECTION, f"docs/onboarding.md should have this table:\n{table}"


def writes_only(template):
    return not [action for action, _ in allowed(template) if NOT_WRITING.match(action)]


def only_listing_has_no_resource(template):
    everywhere = {action for action, resource in allowed(template, CloudWatchEngine="vector") if resource == "*"}
    return everywhere == {"logs:DescribeLogGroups"} and ("logs:DescribeLogGroups", "*") not in allowed(template)


def cannot_create_again(template):
    created = {action for action, _ in allowed(template, LogGroup="create")}
    existing = {action for action, _ in allowed(template, LogGroup="existing", LogGroupName="mine")}
    return "logs:CreateLogGroup" not in created and "logs:CreateLogGroup" in existing


def the_rest_by_parameters(template):
    plain = {action.partition(":")[0] for action, _ in allowed(template)}
    arns = ("FunctionArn", "OpenSearchDomainArn", "OpenSearchCollectionArn", "KafkaClusterArn", "SecretArn")
    arns += ("AlertTopicArn", "AlertEventBusArn")
    more = {
        arn: {action.partition(":")[0] for action, _ in allowed(template, **{arn: "given"})} - plain for arn in arns
    }
    services = ("lambda", "es", "aoss", "kafka-cluster", "secretsmanager", "sns", "events")
    return more == {arn: {service} for arn, service in zip(arns, services, strict=True)}


def stops(template):
    return allowed(template) != [] and allowed(template, DeliveriesStopped="yes") == []


def sessions_last_an_hour(template):
    (role,) = [each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
    return role["Properties"].get("MaxSessionDuration", SESSION_SECONDS) == SESSION_SECONDS


CLAIMS = {
    "With the defaults the provider can write, and neither read, list nor delete.": writes_only,
    "Nothing but `logs:DescribeLogGroups` is allowed on `*`: AWS knows no narrower resource for it, and it is allowed "
    "only where the provider delivers with the Vector engine.": only_listing_has_no_resource,
    "Functions, domains, collections, clusters and secrets are closed to the provider as long as no parameter names "
    "them.": the_rest_by_parameters,
    "A log group that this stack made can't be created by the provider: you delete it, and it stays deleted, while its "
    "deliveries wait.": cannot_create_again,
    "`DeliveriesStopped=yes` denies the role everything and closes the bucket, within the seconds that IAM needs to "
    "spread a change, for sessions that are open, too.": stops,
    "Taking the role's trust away doesn't stop them at once: a session that is open goes on for up to an "
    "hour.": sessions_last_an_hour,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_said_of_permissions_is_true(template, claim):
    """A customer would rely on a promise that the template doesn't keep."""
    assert claim in re.sub(r"\s+", " ", SECTION)
    assert CLAIMS[claim](template)


def test_nothing_else_is_said_of_permissions():
    """The next sentence about permissions would be nobody's to check."""
    prose = " ".join(line.removeprefix("- ") for line in SECTION.splitlines() if not line.startswith("|"))
    said = re.sub(r"\s+", " ", prose).strip()
    for claim in CLAIMS:
        said = said.replace(claim, "")
    assert said.split() == []
