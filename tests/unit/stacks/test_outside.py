"""The outside: what its roles may do, what its network lets through, and that a stage without it deploys none of it."""

import ipaddress
import json

import pytest

ALLOWED_OUTSIDE = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
    "lambda:InvokeFunction",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}
ALLOWED_READER = {
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "secretsmanager:GetSecretValue",
    "kms:Decrypt",
    "kms:GenerateDataKey",
}


@pytest.fixture(scope="module")
def resources(production):
    return production.get_stack_by_name("LogRouterOutside-us-east-1").template["Resources"]


def listed(value):
    return value if isinstance(value, list) else [value]


def role(resources, start):
    """Return the logical id of a role, and its policies' statements."""
    (name,) = [name for name, each in resources.items() if each["Type"] == "AWS::IAM::Role" and name.startswith(start)]
    return name, [
        statement
        for each in resources.values()
        if each["Type"] == "AWS::IAM::Policy" and {"Ref": name} in each["Properties"]["Roles"]
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]


def actions(statements):
    return {
        action for statement in statements if statement["Effect"] == "Allow" for action in listed(statement["Action"])
    }


def test_the_outsides_own_role_may_work_on_its_queue_and_ask_the_issuer(resources):
    """Whoever takes over the outside function would reach tenants' logs, customers' roles or the object queue."""
    _, statements = role(resources, "OutsideRole")
    assert {one for one in actions(statements) if not one.startswith("ec2:")} == ALLOWED_OUTSIDE
    text = json.dumps([one for one in statements if "sqs:" in json.dumps(one)])
    assert "ObjectQueue" not in text
    assert "ImportValue" not in text, "a queue of another stack"


def test_the_interfaces_are_lambdas_alone(resources):
    """The function's own code would make network interfaces in the VPC."""
    _, statements = role(resources, "OutsideRole")
    (denied,) = [one for one in statements if one["Effect"] == "Deny"]
    assert (denied["Action"], denied["Resource"]) == ("ec2:*", "*")
    assert denied["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


def test_the_outsides_role_is_none_that_the_central_role_trusts(resources):
    """The outside could assume the central role for any tenant."""
    name, _ = role(resources, "OutsideRole")
    assert resources[name]["Properties"]["Path"] == "/logrouter/outside/"


def test_the_reader_trusts_the_issuer_alone_and_with_the_tenants_tag(resources):
    """The outside could assume it without a message, or the issuer for all tenants at once."""
    issuer, _ = role(resources, "SessionIssuerRole")
    name, _ = role(resources, "OutsideReader")
    for statement in resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
        assert statement["Principal"] == {"AWS": {"Fn::GetAtt": [issuer, "Arn"]}}
        assert statement["Condition"]["StringLike"] == {"aws:RequestTag/tenant_id": "?*"}
        assert statement["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["tenant_id"]}


def test_everything_of_the_reader_is_its_tenants(resources):
    """One tenant's session would read another's objects, configs, state or secrets."""
    _, statements = role(resources, "OutsideReader")
    assert actions(statements) == ALLOWED_READER
    for statement in statements:
        of_tenant = [
            "${aws:PrincipalTag/tenant_id}" in json.dumps(part)
            for part in (*listed(statement["Resource"]), statement.get("Condition", {}))
        ]
        assert any(of_tenant) or statement["Sid"] == "UseTheBucketsKey", statement
        if "dynamodb" in json.dumps(statement["Action"]):
            assert statement["Condition"]["Null"]["dynamodb:LeadingKeys"] == "false"
            assert "/index/" not in json.dumps(statement["Resource"])


def test_the_reader_writes_nothing_of_a_config_but_its_marks(resources):
    """The outside would redirect its tenant's logs, or take another role of the tenant's."""
    _, statements = role(resources, "OutsideReader")
    writes = [one for one in statements if "DeliveryConfigs" in json.dumps(one["Resource"])]
    writes = [one for one in writes if listed(one["Action"]) == ["dynamodb:UpdateItem"]]
    (condition,) = (one["Condition"] for one in writes)
    keys, marks = {"tenant_id", "type"}, {"version", "verified_host", "enabled", "disabled_reason"}
    assert set(condition["ForAllValues:StringEquals"]["dynamodb:Attributes"]) == keys | marks
    assert condition["Null"]["dynamodb:Attributes"] == "false"


def test_only_the_outside_may_ask_the_issuer(production):
    """A pass that somebody saw would be worth a session."""
    askers = {
        (stack.stack_name, statement["Sid"])
        for stack in production.stacks
        for each in stack.template["Resources"].values()
        if each["Type"] == "AWS::IAM::Policy"
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in listed(statement["Action"])
        and "SessionIssuer" in json.dumps(statement["Resource"])
    }
    assert {sid for _, sid in askers} == {"AskForSessions"}


def test_only_the_inside_makes_passes_and_only_the_issuer_checks_them(production):
    """The outside would write itself a pass for any tenant."""
    users = {
        (stack.stack_name.rpartition("-us")[0], statement["Sid"])
        for stack in production.stacks
        if stack.stack_name.endswith("us-east-1")
        for each in stack.template["Resources"].values()
        if each["Type"] == "AWS::IAM::Policy"
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if "Mac" in json.dumps(statement["Action"])
    }
    assert users == {("LogRouterProcessing", "MakePasses"), ("LogRouterOutside", "CheckPasses")}


def rules(resources, *, egress):
    """Return the private subnets' rules, in their order."""
    entries = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::EC2::NetworkAclEntry"]
    return sorted((one for one in entries if one["Egress"] is egress), key=lambda one: one["RuleNumber"])


def passes(resources, address, port, *, egress=True, protocol=6):
    """Whether the ACL lets a packet through: the first rule that fits decides."""
    for rule in rules(resources, egress=egress):
        ports = rule.get("PortRange", {"From": 0, "To": 65535})
        fits = rule["Protocol"] in {protocol, -1} and ports["From"] <= port <= ports["To"]
        if fits and ipaddress.ip_address(address) in ipaddress.ip_network(rule["CidrBlock"]):
            return rule["RuleAction"] == "allow"
    return False


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "10.255.0.130", "172.16.9.9", "192.168.1.1", "100.64.0.1", "169.254.169.254", "169.254.170.2",
        "127.0.0.1", "0.0.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_no_private_address_is_reached(resources, address):
    """A customer's host name would lead into the provider's own network, past the egress policy."""
    for port in (443, 8080, 9092):
        assert not passes(resources, address, port)
        assert not passes(resources, address, port, egress=False)


def test_public_addresses_are_reached_and_answer(resources):
    """No delivery would ever get out."""
    assert passes(resources, "8.8.8.8", 443)
    assert passes(resources, "8.8.8.8", 9094)
    assert passes(resources, "8.8.8.8", 40000, egress=False)
    assert not passes(resources, "8.8.8.8", 25)
    assert not passes(resources, "8.8.8.8", 53, protocol=17)


def test_a_networks_rules_are_within_the_quota(resources):
    """The deployment would fail: a network ACL has twenty rules in each direction."""
    for egress in (True, False):
        assert len(rules(resources, egress=egress)) <= 20 - 2


def test_the_function_is_in_the_private_subnets(resources):
    """It would connect from Lambda's own addresses, past the ACL."""
    inside = sorted(name for name, each in resources.items() if each["Properties"].get("VpcConfig"))
    assert [name.startswith(("OutsideProcessor", "OutsideTester")) for name in inside] == [True, True]
    assert len({json.dumps(resources[name]["Properties"]["VpcConfig"]) for name in inside}) == 1
    function = inside[0]
    subnets = json.dumps(resources[function]["Properties"]["VpcConfig"]["SubnetIds"])
    associated = [
        json.dumps(each["Properties"]["SubnetId"])
        for each in resources.values()
        if each["Type"] == "AWS::EC2::SubnetNetworkAclAssociation"
    ]
    assert associated
    assert all(subnet in subnets for subnet in associated)


def test_deliveries_come_from_fixed_addresses(production, resources):
    """A customer could not let the provider through a firewall."""
    outputs = production.get_stack_by_name("LogRouterOutside-us-east-1").template["Outputs"]
    addresses = [name for name, each in resources.items() if each["Type"] == "AWS::EC2::EIP"]
    assert len(addresses) == 2
    assert all(name in json.dumps(outputs["OutsideAddresses"]) for name in addresses)


def test_a_stage_without_it_deploys_none_of_it(development):
    """Every installation would pay for a queue, a key and a function that it has no use for."""
    names = {stack.stack_name for stack in development.stacks}
    assert not [name for name in names if "Outside" in name]
    text = json.dumps([stack.template for stack in development.stacks])
    for trace in ("OUTSIDE_QUEUE_URL", "PASS_KEY_ID", "GenerateMac", "SessionIssuer"):
        assert trace not in text
