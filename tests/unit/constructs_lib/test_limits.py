import pytest
from aws_cdk import Aws, Duration

from constructs_lib.limits import PropertyError, require_between, require_longer, require_match


def test_a_token_passes_a_pattern():
    """A stack's parameter, known to CloudFormation alone, could not be given to a construct."""
    require_match("region", Aws.REGION, r"[a-z]+", "a Region")


@pytest.mark.parametrize("value", ["", "UPPER", "ok\n", "ok ok"])
def test_the_whole_value_must_match(value):
    """A pattern that matches somewhere lets a line break into a policy."""
    with pytest.raises(PropertyError, match="name must be lower case, not "):
        require_match("name", value, r"[a-z]+", "lower case")


@pytest.mark.parametrize("value", [1, 5])
def test_both_ends_of_a_range_are_in_it(value):
    """AWS's own largest value would be refused."""
    require_between("n", value, 1, 5)


@pytest.mark.parametrize("value", [0, 6])
def test_outside_the_range_names_the_range(value):
    """The message would not say what is allowed."""
    with pytest.raises(PropertyError, match=f"n must be 1-5 units, not {value}"):
        require_between("n", value, 1, 5, unit="units")


def test_equal_durations_are_not_longer():
    """Two things that expire at once: the one still asks for the other."""
    with pytest.raises(PropertyError, match="reason"):
        require_longer(("a", Duration.days(1)), ("b", Duration.hours(24)), "reason")
