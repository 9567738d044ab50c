"""The statement that a customer pastes: what the onboarding template has, and nothing wider."""

import pytest

from cli.operation.statements import statement
from runtime.api.schemas.deliveries import Failure

CENTRAL_ROLE = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
ROLE = "arn:aws:iam::222222222222:role/Logs"
TAG = {"aws:PrincipalTag/tenant_id": "acme"}


def made(reason, hop, action, resource="", **config):
    return statement("acme", Failure(reason=reason, hop=hop, action=action, resource=resource), config, CENTRAL_ROLE)


def test_the_trust_of_the_customers_role():
    """The customer would trust the central role for every tenant, or by another ExternalId than is sent."""
    pasted = made("second-hop-denied", "CUSTOMER", "sts:AssumeRole", ROLE, log_distribution_role_arn=ROLE)
    assert pasted == {
        "Effect": "Allow",
        "Principal": {"AWS": CENTRAL_ROLE},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "111111111111", **TAG}},
    }
    own = made("second-hop-denied", "CUSTOMER", "sts:AssumeRole", ROLE, external_id="issued")
    assert own["Condition"]["StringEquals"]["sts:ExternalId"] == "issued"


def test_the_buckets_policy():
    """The customer would open the bucket to other tenants' logs."""
    config = {"bucket_name": "logs", "bucket_prefix": "x/"}
    pasted = made("destination-denied", "DESTINATION", "s3:CopyObject", "s3://logs", **config)
    assert (pasted["Action"], pasted["Resource"]) == ("s3:PutObject", "arn:aws:s3:::logs/x/acme/*")
    assert pasted["Condition"] == {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **TAG}}


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", "eu-west-1"), (None, "us-east-1")])
def test_what_the_role_may_write(region, expected):
    """The role would be allowed another group, or one of another Region."""
    config = {"log_group_name": "/g", "log_distribution_role_arn": ROLE, "target_region": region}
    pasted = made("destination-denied", "DESTINATION", "logs:PutLogEvents", "log group /g in us-east-1", **config)
    group = f"arn:aws:logs:{expected}:222222222222:log-group:/g"
    assert pasted == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [group, f"{group}:*"],
    }


def test_what_the_role_may_invoke():
    """The role would be allowed every function."""
    arn = "arn:aws:lambda:us-east-1:222222222222:function:f"
    pasted = made("destination-denied", "DESTINATION", "lambda:InvokeFunction", arn, function_arn=arn)
    assert pasted["Resource"] == [arn, f"{arn}:*"]


@pytest.mark.parametrize(
    ("reason", "hop", "action"),
    [
        ("no-such-bucket", "DESTINATION", "s3:CopyObject"),
        ("first-hop-denied", "CENTRAL", "sts:AssumeRole"),
        ("destination-denied", "DESTINATION", "https:POST"),
        ("source-denied", "SOURCE", "s3:GetObject"),
    ],
)
def test_where_no_statement_helps_there_is_none(reason, hop, action):
    """A customer would change a policy that isn't the cause."""
    assert made(reason, hop, action, bucket_name="b") is None
