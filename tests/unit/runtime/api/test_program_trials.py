"""A program tried through the API: what becomes of each line, what it costs, and what isn't done."""

import pytest

from runtime.api.services import Services
from runtime.programs.ready_made import READY_MADE
from runtime.programs.sandbox import EngineMissingError
from tests.unit.runtime.api.gateway import CONFIGS, S3, items
from tests.unit.runtime.programs.programs_that_harm import HARMFUL

TRY = f"{CONFIGS}/s3/transform/try"


def test_the_ready_made_programs_are_listed(api):
    """A tenant would have to read our source to know what there is."""
    programs = {each["name"]: each for each in api.get("/programs").json()["programs"]}
    assert programs.keys() == READY_MADE.keys()
    (level,) = programs["keep-level"]["parameters"]
    assert (level["required"], "error" in level["choices"]) == (True, True)


def test_each_line_says_what_becomes_of_it(api, clients):
    """A tenant would find out with its own logs what a program does."""
    source = 'if .message == "drop" { abort }\n.message = parse_json!(.message)\n.message = {"n": .message.n}'
    asked = {"transform": {"source": source}, "lines": ['{"n":1,"m":2}', "drop", "no json"]}
    answer = api.post(TRY, json=asked)
    assert answer.status_code == 200, answer.text
    trial = answer.json()
    first, second, third = trial["events"]
    assert [made["message"] for made in first["after"]] == ['{"n":1}']
    assert (second["outcome"], second["after"]) == ("dropped", [])
    assert third["outcome"] == "failed"
    assert "program-failed" in third["after"][0]["message"]
    assert "unable to parse json" in third["error"]
    counts = {name: count for name, count in trial["counts"].items() if count}
    assert counts == {"in": 3, "out": 2, "dropped": 1, "passed": 1, "made": 2}
    assert trial["microseconds_an_event"] > 0
    assert trial["dollars_a_gb"] > 0
    assert items(clients) == []


def test_what_on_error_sets_aside_has_no_after(api):
    """A tenant would believe that a line which can't be redacted is delivered."""
    asked = {"transform": {"source": ".m = parse_json!(.message)", "on_error": "set-aside"}, "lines": ["x"]}
    (event,) = api.post(TRY, json=asked).json()["events"]
    assert (event["outcome"], event["after"]) == ("failed", [])


def test_the_stored_program_is_tried(api):
    """What is delivered tonight couldn't be tried without being copied first."""
    api.post(CONFIGS, json=S3 | {"transform": {"program": "redact", "parameters": {"kinds": ["ip"]}}})
    (event,) = api.post(TRY, json={"lines": ["from 10.1.2.3"]}).json()["events"]
    assert [made["message"] for made in event["after"]] == ["from [ip]"]


def test_a_program_sees_where_an_event_comes_from(api):
    """A rule for one application couldn't be tried."""
    source = '.message = join!([.application, .cluster_id, .pod_name], "/")'
    asked = {"transform": {"source": source}, "lines": ["x"], "application": "etcd", "cluster_id": "c-9"}
    (event,) = api.post(TRY, json=asked).json()["events"]
    assert event["after"][0]["message"] == "etcd/c-9/pod"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": ["x"]}, "transform"),
        ({"lines": [], "transform": {"source": "."}}, "lines"),
        ({"lines": ["x"] * 501, "transform": {"source": "."}}, "lines"),
        ({"lines": ["x"], "transform": {"source": ".a = now()"}}, "transform.source"),
        ({"lines": ["x"], "transform": {"program": "nope"}}, "transform.program"),
        ({"lines": ["x"], "transform": {}}, "transform"),
        ({"lines": ["x"], "transform": {"source": "."}, "pod_name": "a/b"}, "pod_name"),
        ({"lines": ["x"], "transform": {"source": "."}, "more": 1}, "more"),
    ],
)
def test_a_wrong_request_is_named(api, body, field):
    """A caller would search for what is wrong."""
    api.post(CONFIGS, json=S3)
    answer = api.post(TRY, json=body)
    assert answer.status_code == 422
    assert field in [each["field"] for each in answer.json()["errors"]]


@pytest.mark.parametrize("source", HARMFUL.values(), ids=HARMFUL)
def test_a_program_that_harms_is_a_problem_of_its_own(api, source):
    """One caller's program would end the API, or hold it until the gateway gives up."""
    answer = api.post(TRY, json={"transform": {"source": source}, "lines": ["x"]})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:logrouter:problem:program-killed")
    assert api.get("/health").status_code == 200


def test_without_an_engine_nothing_is_tried(api, monkeypatch):
    """A caller would be blamed for an outage of ours."""

    def fail(_):
        raise EngineMissingError

    monkeypatch.setattr(Services, "sandbox", property(fail))
    assert api.post(TRY, json={"transform": {"source": "."}, "lines": ["x"]}).status_code == 503
