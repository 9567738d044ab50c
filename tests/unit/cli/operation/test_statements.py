"""What a customer is shown to paste after a failed delivery: what a test delivery would show."""

import pytest

from cli.operation.statements import fixes_of
from runtime.api.schemas.deliveries import Failure

CENTRAL_ROLE = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
TAG = {"aws:PrincipalTag/tenant_id": "acme"}
CLOUDWATCH = {"type": "cloudwatch", "log_distribution_role_arn": ROLE, "log_group_name": "/g"}


def documents(reason, hop, action, resource="", **config):
    failure = Failure(reason=reason, hop=hop, action=action, resource=resource)
    fields = {"tenant_id": "acme", **config}
    return [each.document for each in fixes_of(failure, fields, "us-east-1", CENTRAL_ROLE) if each.document]


def test_the_trust_of_the_customers_role():
    """The customer would trust the central role for every tenant, or by another ExternalId than is sent."""
    (pasted,) = documents("second-hop-denied", "CUSTOMER", "sts:AssumeRole", ROLE, **CLOUDWATCH)
    assert pasted["Principal"] == {"AWS": CENTRAL_ROLE}
    assert pasted["Condition"] == {"StringEquals": {"sts:ExternalId": "111111111111", **TAG}}


def test_the_buckets_policy():
    """The customer would open the bucket to other tenants' logs."""
    config = {"type": "s3", "bucket_name": "logs", "bucket_prefix": "x/"}
    pasted, *_ = documents("destination-denied", "DESTINATION", "s3:CopyObject", "s3://logs", **config)
    assert pasted["Resource"] == "arn:aws:s3:::logs/x/acme/*"
    assert pasted["Condition"]["StringEquals"].items() >= TAG.items()


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", "eu-west-1"), (None, "us-east-1")])
def test_what_the_role_may_write(region, expected):
    """The role would be allowed another group, or one of another Region."""
    config = {**CLOUDWATCH, "target_region": region}
    pasted, *_ = documents("destination-denied", "DESTINATION", "logs:PutLogEvents", "log group /g", **config)
    group = f"arn:aws:logs:{expected}:222222222222:log-group:/g"
    assert pasted["Resource"] == [group, f"{group}:*"]


def test_a_config_that_cannot_be_read_has_none():
    """A page would fail with the config that it is to help with."""
    assert documents("destination-denied", "DESTINATION", "s3:CopyObject", type="s3", bucket_name=7) == []
    assert documents("destination-denied", "DESTINATION", "x:Y", type="ftp") == []
