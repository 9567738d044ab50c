import pytest
from aws_cdk.assertions import Template

from constructs_lib.customer_log_distribution_role import CustomerLogDistributionRole
from constructs_lib.limits import PropertyError

CENTRAL = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"


def make(stack, **properties):
    return CustomerLogDistributionRole(
        stack,
        "Role",
        **{
            "tenant_id": "acme-corp",
            "central_role_arn": CENTRAL,
            "external_id": "111111111111",
            "log_group_name": "/acme",
            "region": "eu-west-1",
            **properties,
        },
    )


def role(stack):
    return next(iter(Template.from_stack(stack).find_resources("AWS::IAM::Role").values()))["Properties"]


def test_trusts_the_one_role_with_external_id_and_own_tenant(stack):
    """Another customer of the provider could have its logs written here, or others' configs could name this role."""
    make(stack)
    assert role(stack)["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": CENTRAL},
            "Condition": {
                "StringEquals": {"sts:ExternalId": "111111111111", "aws:PrincipalTag/tenant_id": "acme-corp"}
            },
        }
    ]


def documents(stack):
    """Return the statements of each policy that can be attached, by its name."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return {each["Properties"]["PolicyName"]: each["Properties"]["PolicyDocument"]["Statement"] for each in policies}


def names(resources):
    return ["".join(part if isinstance(part, str) else "<>" for part in each["Fn::Join"][1]) for each in resources]


OWN = ["arn:<>:logs:eu-west-1:<>:log-group:/acme", "arn:<>:logs:eu-west-1:<>:log-group:/acme:*"]


def test_writes_its_own_log_group_in_its_own_region_and_nothing_else(stack):
    """The provider could read, list or create in the customer's account, without a need."""
    make(stack)
    (policy,) = role(stack)["Policies"]
    (own,) = policy["PolicyDocument"]["Statement"]
    assert own["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert names(own["Resource"]) == OWN
    assert documents(stack) == {}


def test_may_create_the_log_group_only_where_it_is_allowed_to(stack):
    """A group that the customer deleted would come back without its retention, key and tags."""
    make(stack).allow_creating_the_log_group()
    (statement,) = documents(stack)["CreateLogGroup"]
    assert statement["Action"] == "logs:CreateLogGroup"
    assert sorted(names(statement["Resource"])) == OWN


def test_describes_only_for_the_engine_that_needs_it(stack):
    """The Vector engine would be refused each delivery, or list the log groups of other Regions."""
    make(stack).allow_describing_logs()
    streams, groups = documents(stack)["DescribeLogs"]
    assert (streams["Action"], groups["Action"]) == ("logs:DescribeLogStreams", "logs:DescribeLogGroups")
    assert sorted(names(streams["Resource"])) == OWN
    assert groups["Condition"] == {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


def test_can_be_stopped_at_once(stack):
    """Sessions that are open would go on writing for up to an hour."""
    make(stack).deny_everything()
    (statement,) = documents(stack)["StopDeliveries"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")


def test_has_no_name_but_a_path_that_the_central_role_may_assume(stack):
    """Two Regions or tenants in one account would clash, or the central role's own policy would refuse."""
    make(stack)
    assert "RoleName" not in role(stack)
    assert role(stack)["Path"] == "/CustomerLogDistributionRole/"


@pytest.mark.parametrize("arn", ["111111111111", "arn:aws:iam::111111111111:root", "*"])
def test_trusting_more_than_a_role_is_refused(stack, arn):
    """Every principal of the provider's account could become this role."""
    with pytest.raises(PropertyError, match="central_role_arn"):
        make(stack, central_role_arn=arn)
