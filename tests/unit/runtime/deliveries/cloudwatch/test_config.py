"""The fields that a CloudWatch config brings."""

import pytest
from pydantic import ValidationError

from tests.unit.runtime.deliveries.cloudwatch.doubles import config

ROLE = "arn:aws:iam::222222222222:role/"


@pytest.mark.parametrize(
    "arn",
    [
        ROLE + "LogDistributionRole",
        ROLE + "CustomerLogDistributionRole/deep/er/Name+=,.@-_",
        "arn:aws-us-gov:iam::222222222222:role/x",
        "arn:aws-cn:iam::222222222222:role/x",
    ],
)
def test_roles_of_any_partition_and_path_are_taken(arn):
    """A customer in GovCloud or with an IAM path could not be onboarded."""
    assert config(log_distribution_role_arn=arn).log_distribution_role_arn == arn


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::",
        "arn:aws:iam::22222222222:role/x",
        "arn:aws:iam::222222222222:user/x",
        "arn:aws:s3:::bucket",
        ROLE,
        ROLE + "a b",
        ROLE + "x" * 65,
        ROLE + "x\n",
    ],
)
def test_what_is_no_role_is_refused(arn):
    """A typing mistake would show only when the delivery is parked."""
    with pytest.raises(ValidationError):
        config(log_distribution_role_arn=arn)


@pytest.mark.parametrize("name", ["a" * 513, "with space", "a:b", "a*", "ümlaut", "x\n"])
def test_a_log_group_name_that_cloudwatch_refuses_is_refused(name):
    """Each delivery would fail with InvalidParameterException."""
    with pytest.raises(ValidationError):
        config(log_group_name=name)


def test_log_group_names_of_all_allowed_characters_are_taken():
    """A customer's existing log group could not be used."""
    assert config(log_group_name="/aws/eks_1.prod-x#2").log_group_name == "/aws/eks_1.prod-x#2"
