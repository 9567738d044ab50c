"""Programs and alert rules tried on the tenant's own stored objects, read by the function that has its session."""

import pytest

from runtime.aws.function_call import FunctionFailedError
from tests.unit.runtime.alerts.alert_scene import NOTICE
from tests.unit.runtime.api.gateway import CONFIGS, S3, make_app, make_client, serve_tester
from tests.unit.runtime.api.stored_scene import NOW, iso, put
from tests.unit.runtime.api.test_bad_requests import problem

RULES = "/tenants/acme-corp/alert-rules"
TRY = f"{RULES}/try"
TRANSFORM = f"{CONFIGS}/s3/transform/try"
REDACT = {"program": "redact"}


@pytest.fixture
def api(clients, monkeypatch):
    serve_tester(monkeypatch, clients)
    return make_client(make_app(clients, tester="the-tester"))


def test_a_program_is_tried_on_the_tenant_s_own_last_lines(api, clients):
    """A tenant would have to have lines at hand to see what a program does."""
    put(clients, 100, "older")
    key = put(clients, 60, "from 10.1.2.3", "plain")
    put(clients, 50, "theirs 10.9.9.9", tenant_id="globex")
    found = api.post(TRANSFORM, json={"transform": REDACT, "last": 2})
    assert found.status_code == 200, found.text
    events = [(each["before"], each["after"][0]["message"], each["object_key"]) for each in found.json()["events"]]
    assert events == [("from 10.1.2.3", "from [ip]", key), ("plain", "plain", key)]
    assert (found.json()["complete"], found.json()["counts"]["in"]) == (True, 2)


def test_a_stored_config_is_tried_on_what_it_selects(api, clients):
    """A config's program would be tried on lines that it never sees."""
    api.post(CONFIGS, json=S3 | {"desired_logs": ["etcd"], "transform": {"source": ".message = upcase!(.message)"}})
    put(clients, 60, "wanted")
    put(clients, 50, "not wanted", application="kube-apiserver")
    found = api.post(TRANSFORM, json={"last": 10}).json()
    assert [each["after"][0]["message"] for each in found["events"]] == ["WANTED"]
    found = api.post(TRANSFORM, json={"last": 10, "application": "kube-apiserver"}).json()
    assert [each["before"] for each in found["events"]] == ["not wanted"]


@pytest.mark.parametrize("more", [{}, {"last": 1, "lines": ["x"]}, {"last": 0}, {"last": 1, "pod_name": "p"}])
def test_lines_come_from_one_place(api, more):
    """A caller would be shown other lines than those that it thinks of."""
    problem(api.post(TRANSFORM, json={"transform": REDACT, **more}), 422, "invalid-request")


def test_a_tenant_without_lines_is_told_so(api):
    """An empty answer would look like a program that drops everything."""
    problem(api.post(TRANSFORM, json={"transform": REDACT, "last": 5}), 409, "no-stored-lines")


def test_rules_are_tried_before_they_are_stored(api, clients):
    """A tenant would learn from the first night's notifications what a rule does."""
    put(clients, 600, "E1123 10:00:00.000000 1 a.go:1] it failed", "I1123 10:00:00.000000 1 a.go:1] fine")
    found = api.post(TRY, json={"rules": [{"name": "errors", "level": "error"}]})
    assert found.status_code == 200, found.text
    trial = found.json()
    firing, resolved = trial["notifications"]
    assert (firing["rule"], firing["kind"], firing["at"]) == ("errors", "firing", iso(NOW - 600))
    assert (resolved["kind"], resolved["at"]) == ("resolved", iso(NOW - 300))
    assert firing["key"] == {"cluster_id": "c1", "application": "etcd"}
    assert (trial["complete"], trial["lines"], trial["marked"], trial["matches"]) == (True, 2, 1, {"errors": 1})
    assert api.get(RULES).json()["alert_rules"] == []


def test_stored_rules_are_tried_all_or_by_name(api, clients):
    """A tenant could not find out which of its rules is the loud one."""
    put(clients, 60, "E1123 10:00:00.000000 1 a.go:1] it failed")
    for name in ("one", "two"):
        api.post(RULES, json={"name": name, "level": "error", "notify": NOTICE, "enabled": False})
    assert api.post(TRY, json={}).json()["matches"] == {"one": 1, "two": 1}
    assert api.post(TRY, json={"names": ["two"]}).json()["matches"] == {"two": 1}
    refused = problem(api.post(TRY, json={"names": ["three"]}), 422, "invalid-request")
    assert "names.0" in str(refused)


def test_a_time_and_a_filter_narrow_it(api, clients):
    """Yesterday's alerts could not be looked for, or another application's would be among them."""
    put(clients, 7200, "E1123 10:00:00.000000 1 a.go:1] it failed")
    asked = {"rules": [{"name": "errors", "level": "error"}]}
    assert api.post(TRY, json=asked).json()["objects"] == 0
    times = {"since": iso(NOW - 7300), "until": iso(NOW - 7100)}
    assert api.post(TRY, json=asked | times).json()["objects"] == 1
    assert api.post(TRY, json=asked | times | {"applications": ["kube-apiserver"]}).json()["objects"] == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": iso(NOW), "until": iso(NOW - 1)}, "until"),
        ({"since": iso(NOW - 90_000), "until": iso(NOW)}, "until"),
        ({"since": "yesterday"}, "since"),
        ({"rules": [{"name": "x"}]}, ""),
        ({"rules": [{"name": "x", "predicate": "1"}]}, "predicate"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_request_is_named(api, asked, field):
    """A caller would search for what is wrong."""
    answer = api.post(TRY, json=asked)
    assert answer.status_code == 422, answer.text
    assert field in {each["field"] for each in answer.json()["errors"]}


def test_what_cannot_be_read_is_said(api, clients, monkeypatch):
    """An outage would look like a tenant without logs."""

    def fails(*_):
        raise FunctionFailedError

    monkeypatch.setattr("runtime.api.stored_lines.invoke", fails)
    asked = {"rules": [{"name": "errors", "level": "error"}]}
    assert "retry-after" in api.post(TRY, json=asked).headers
    problem(api.post(TRY, json=asked), 503, "stored-lines-unavailable")
    problem(make_client(make_app(clients)).post(TRY, json=asked), 503, "stored-lines-unavailable")
    refused = {"failure": {"reason": "first-hop-denied", "detail": "AccessDenied"}}
    monkeypatch.setattr("runtime.api.stored_lines.invoke", lambda *_: refused)
    assert "first-hop-denied" in problem(api.post(TRY, json=asked), 503, "stored-lines-unavailable")["detail"]


def test_a_predicate_is_checked_when_it_is_written(api):
    """A rule would be stored whose predicate never holds, or depends on the clock."""
    rule = {"name": "slow", "notify": NOTICE, "predicate": 'contains(string!(.message), "slow")'}
    assert api.post(RULES, json=rule).json()["predicate"] == rule["predicate"]
    for predicate in ("now() == now()", "contains(.message)", "5", "x" * 9000):
        errors = problem(api.put(f"{RULES}/slow", json=rule | {"predicate": predicate}), 422, "invalid-rule")["errors"]
        assert [each["field"] for each in errors] == ["predicate"]
