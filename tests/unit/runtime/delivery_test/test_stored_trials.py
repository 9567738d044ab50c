"""A tenant's own stored lines, read with its session: the last ones, and what rules would have fired over them."""

import time
from datetime import UTC, datetime

import pytest

from runtime.delivery_test import lambda_handler, stored_trials
from runtime.delivery_test.stored_trials import MAX_LINE, StoredTrials
from tests.unit.runtime.alerts.alert_scene import a_rule
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.delivery_test.test_tester import settings
from tests.unit.runtime.processor.world import CENTRAL, World, body

NOW = int(time.time())


@pytest.fixture
def world(clients):
    return World(clients)


@pytest.fixture
def ask(world, monkeypatch):
    """Ask the function itself, as Lambda calls it."""
    from runtime.deliveries.role_chain import RoleChain

    chain = RoleChain(world.clients, settings().central_log_distribution_role_arn)
    monkeypatch.setattr(lambda_handler, "trials", lambda: StoredTrials(settings(), world.clients, chain))
    return lambda tenant_id="acme-corp", **asked: lambda_handler.handler(
        {"tenant_id": tenant_id, "stored": asked}, None
    )


def put(world, ago, messages, *, tenant_id="acme-corp", application="etcd", pod="etcd-0", content=None):
    """Store an object of so many seconds ago, a line a second."""
    at = datetime.fromtimestamp(NOW - ago, UTC).strftime("%Y%m%d-%H%M%S")
    key = f"tenant_id={tenant_id}/cluster_id=c1/application={application}/pod_name={pod}/{at}-6f9.json.gz"
    events = [{"timestamp": (NOW - ago + number) * 1000, "message": text} for number, text in enumerate(messages)]
    world.plain("s3").put_object(Bucket=CENTRAL, Key=key, Body=content or body(events))
    return key


def rules(*given):
    return [rule.model_dump(mode="json", exclude_none=True) for rule in given or [a_rule()]]


def test_the_last_lines_are_those_of_the_newest_objects(world, ask):
    """A program would be tried on lines of weeks ago, or on none."""
    put(world, 7200, ["old 1", "old 2"])
    newest = put(world, 60, ["new 1", "new 2"])
    assert ask(most=3) == {
        "objects": [
            {"key": newest, "lines": [((NOW - 60) * 1000, "new 1"), ((NOW - 59) * 1000, "new 2")]},
            {"key": newest.replace(name_time(60), name_time(7200)), "lines": [((NOW - 7199) * 1000, "old 2")]},
        ],
        "complete": True,
    }


def name_time(ago):
    return datetime.fromtimestamp(NOW - ago, UTC).strftime("%Y%m%d-%H%M%S")


def test_nothing_but_the_tenant_s_own_is_read(world, ask):
    """A tenant would be shown another's lines."""
    put(world, 60, ["theirs"], tenant_id="acme-corp-2")
    put(world, 60, ["E1 theirs"], tenant_id="globex")
    assert ask(most=10) == {"objects": [], "complete": True}
    policies = [asked["Policy"] for asked in world.clients.requested if "Policy" in asked]
    assert policies
    assert all("tenant_id=acme-corp/*" in each and "globex" not in each for each in policies)


def test_a_filter_narrows_the_objects(world, ask):
    """A program for one application would be tried on another's lines."""
    put(world, 60, ["etcd"])
    put(world, 50, ["api"], application="kube-apiserver", pod="api-0")
    assert [line for each in ask(most=9, applications=["etcd"])["objects"] for _, line in each["lines"]] == ["etcd"]
    assert ask(most=9, cluster_ids=["c2"])["objects"] == []


def test_a_corrupt_object_hides_no_other_and_long_lines_are_left_out(world, ask):
    """One broken object would make all of a tenant's trials fail."""
    put(world, 60, [], content=b"no gzip")
    put(world, 120, ["good", "x" * (MAX_LINE + 1)])
    assert [line for each in ask(most=9)["objects"] for _, line in each["lines"]] == ["good"]


def test_what_would_have_fired_is_told_with_its_time(world, ask):
    """A tenant would learn what a rule does from the first night's notifications."""
    put(world, 600, ["I1123 10:00:00.000000 1 a.go:1] fine", "E1123 10:00:00.000000 1 a.go:1] it failed"])
    put(world, 300, ["E1123 10:05:00.000000 1 a.go:1] again", "etcdserver: no leader"], pod="etcd-1")
    found = ask(rules=rules(a_rule(silence_seconds=0, window_seconds=60)), since=NOW - 3600, until=NOW)
    told = [(each["kind"], each["decided"], each["matches"]) for each in found["notifications"]]
    assert told == [
        ("firing", NOW - 599, 1),
        ("resolved", NOW - 539, 0),
        ("firing", NOW - 300, 1),
        ("resolved", NOW - 240, 0),
    ]
    counts = ("complete", "objects", "lines", "marked", "matches", "problems")
    assert [found[name] for name in counts] == [True, 2, 4, 3, {"errors": 2}, {}]
    assert found["notifications"][0]["sample"].endswith("it failed")


def test_a_predicate_is_asked_and_what_goes_wrong_with_it_is_said(world, ask):
    """A rule whose predicate fails with each line would seem to have nothing to fire at."""
    put(world, 60, ['{"level":"error","code":500}', '{"level":"error","code":"x"}'])
    fails = a_rule(name="fails", predicate="int!(object!(parse_json!(.message)).code) == 500")
    found = ask(rules=rules(fails), since=NOW - 3600, until=NOW)
    assert (found["matches"], found["problems"]) == ({"fails": 1}, {"fails": {"predicate-failed": 1}})


def test_what_there_was_no_time_for_is_said(world, ask, monkeypatch):
    """Half of an hour would be taken for the whole, and its alerts for all there are."""
    put(world, 60, ["E1123 10:00:00.000000 1 a.go:1] it failed"])
    monkeypatch.setattr(stored_trials, "SECONDS", 0.0)
    assert ask(most=5) == {"objects": [], "complete": False}
    found = ask(rules=rules(), since=NOW - 3600, until=NOW)
    assert (found["complete"], found["through"], found["notifications"]) == (False, NOW - 3600, [])


def test_a_refused_session_is_a_failure_with_its_reason(world, ask):
    """The API would answer as if the tenant had no lines."""
    world.clients.faults["AssumeRole"] = Fault("AccessDenied", 403)
    assert ask(most=5)["failure"]["reason"] == "first-hop-denied"
