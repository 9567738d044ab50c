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


def test_writes_its_own_log_group_in_its_own_region(stack):
    """The provider could write or read elsewhere in the customer's account."""
    make(stack)
    (policy,) = role(stack)["Policies"]
    groups = ":logs:eu-west-1:"
    own, listed = policy["PolicyDocument"]["Statement"]
    assert own["Action"] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ]
    texts = ["".join(p if isinstance(p, str) else "<>" for p in r["Fn::Join"][1]) for r in own["Resource"]]
    assert texts == [f"arn:<>{groups}<>:log-group:/acme", f"arn:<>{groups}<>:log-group:/acme:*"]
    assert listed["Action"] == "logs:DescribeLogGroups"
    assert listed["Condition"] == {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


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
