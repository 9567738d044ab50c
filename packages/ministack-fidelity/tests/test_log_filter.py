"""Filter patterns for JSON lines, as CloudWatch Logs takes them."""

import json

import pytest

from ministack_fidelity.patches.log_filter import UnknownPatternError, json_pattern

LINE = json.dumps({"message": "delivery", "object": "tenant_id=a/x[1].gz", "notified": 1, "late": True})


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ('{ ($.message = "delivery") }', True),
        ('{ ($.message = "delivery") && ($.notified = 1) }', True),
        ('{ ($.message = "delivery") && ($.notified = 2) }', False),
        ('{ ($.object = "tenant_id=a/*") }', True),
        ('{ $.object = "tenant_id=a/x[1].gz" }', True),
        ('{ ($.object = "tenant_id=?/*") }', False),
        ("{ ($.late = 1) }", False),
        ('{ ($.missing = "x") }', False),
        ('{ ($.message = "deliver") }', False),
    ],
)
def test_a_line_matches_as_in_aws(wanted, matches):
    """What is found here would not be found in AWS, or the other way round."""
    assert json_pattern(wanted)(LINE) is matches


def test_text_is_no_json_line():
    """A line of a library's would count as a record."""
    assert not json_pattern('{ ($.message = "delivery") }')("message = delivery")


@pytest.mark.parametrize("raw", ["{ $.a > 1 }", '{ $.a = "b" || $.c = "d" }', "{ $.a IS NULL }", '{ $.a = "b"'])
def test_what_is_not_known_here_is_refused(raw):
    """A pattern would match everything here, and something else in AWS."""
    with pytest.raises(UnknownPatternError):
        json_pattern(raw)
