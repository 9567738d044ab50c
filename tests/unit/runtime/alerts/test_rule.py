"""A rule's form, which lines it is about, and how they are joined."""

import pytest
from pydantic import ValidationError

from runtime.alerts.evaluation import REMEMBERED
from runtime.alerts.ready_made import READY_MADE
from runtime.alerts.rule import MAX_COUNT, AlertRule, is_rule_name, key_digest
from tests.unit.runtime.alerts.alert_scene import NOTICE, ROLE, a_line, a_rule


@pytest.mark.parametrize(
    ("fields", "line", "expected"),
    [
        ({}, {}, True),
        ({}, {"level": "fatal"}, True),
        ({}, {"level": "warning"}, False),
        ({}, {"level": ""}, False),
        ({"level": "warning"}, {"level": "error"}, True),
        ({"applications": ["etcd"]}, {}, True),
        ({"applications": ["kube-apiserver"]}, {}, False),
        ({"cluster_ids": ["c1"]}, {}, True),
        ({"cluster_ids": ["c2"]}, {}, False),
        ({"contains": ["it", "failed"]}, {}, True),
        ({"contains": ["it", "Failed"]}, {}, False),
        ({"level": None, "contains": ["failed"]}, {"level": ""}, True),
        ({"level": None, "ready_made": "etcd-leader-lost"}, {}, False),
        ({"level": None, "ready_made": "etcd-leader-lost"}, {"message": "etcdserver: no leader"}, True),
    ],
)
def test_a_line_matches_when_all_that_is_named_holds(fields, line, expected):
    """A customer would be notified of other lines than those of the rule."""
    assert a_rule(**fields).matches(a_line(**line)) is expected


def test_a_ready_made_rule_has_its_own_numbers_unless_others_are_given():
    """A single slow write of etcd's would wake somebody."""
    ready = READY_MADE["etcd-slow-disk"]
    assert a_rule(ready_made=ready.name).limits.count == ready.count == 5
    assert a_rule(ready_made=ready.name, count=7).limits.count == 7


@pytest.mark.parametrize(
    "fields",
    [
        {"level": None},
        {"level": "loud"},
        {"name": "Errors"},
        {"ready_made": "no-such"},
        {"contains": [""]},
        {"count": 0},
        {"count": MAX_COUNT + 1},
        {"window_seconds": 9},
        {"silence_seconds": -1},
        {"join_by": ["message"]},
        {"notify": {}},
        {"notify": NOTICE | {"topic_arn": "arn:aws:sqs:us-east-1:222222222222:q"}},
        {"notify": NOTICE | {"more": 1}},
        {"notify": {"method": "eventbridge", "log_distribution_role_arn": ROLE}},
        {"notify": {"method": "pager"}},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(fields):
    """It would be stored, and match everything, or nothing, or notify nobody."""
    with pytest.raises(ValidationError):
        a_rule(**fields)


def test_a_rule_s_count_fits_into_what_is_remembered():
    """A rule could never fire: the first matches are forgotten before the last one comes."""
    assert MAX_COUNT < REMEMBERED


def test_lines_are_joined_by_what_the_rule_names():
    """One broken pod would be an alert for each of its lines, or two clusters' would be one."""
    rule, by_pod = a_rule(), a_rule(join_by=["pod_name"])
    assert rule.key(a_line()) == rule.key(a_line(pod_name="etcd-1", message="other"))
    assert rule.key(a_line()) != rule.key(a_line(cluster_id="c2"))
    assert by_pod.key(a_line()) == {"pod_name": "etcd-0"}
    assert a_rule(join_by=[]).key(a_line()) == {}
    assert key_digest({"application": "a", "pod_name": "b"}) != key_digest({"application": "a", "cluster_id": "b"})


def test_a_stored_rule_of_a_newer_release_is_read():
    """A field that this release doesn't know would switch the customer's alerts off."""
    fields = a_rule().model_dump() | {"new_field": 1}
    assert AlertRule.model_validate(fields) == a_rule()


@pytest.mark.parametrize(("text", "expected"), [("errors-2", True), ("a#b", False), ("", False), ("A", False)])
def test_a_name_is_recognized(text, expected):
    """A text from a path could name another kind of item."""
    assert is_rule_name(text) is expected
