"""Facts about times seen in a public implementation of the same design (``tests/cases/collector_timestamp.jsonl``)."""

import json

import pytest

from tests.unit.runtime.known_cases import CASES as FOLDER
from tests.unit.runtime.known_cases import cases
from tests.vector.agent.lines import run, source_line

CASES = cases("collector_timestamp")
FOUND_CASES = FOLDER / "found_2026_11.jsonl"
OVERRULED = {  # by what: the contract and the pitfalls win
    "022": "klog's microseconds are kept (pitfall 24)",
    "024": "klog's microseconds are kept (pitfall 24)",
    "030": "klog's microseconds are kept (pitfall 24)",
    "036": "klog's microseconds are kept (pitfall 24)",
    "044": "the key is the contract's: tenant first, names in the segments (§2)",
}


def line_of(given: dict) -> str | None:
    """Return the line that a case prints, if it is about one."""
    if "message" in given:
        return given["message"]
    record = given.get("record") or given.get("json_message")
    return json.dumps(record) if isinstance(record, dict) else None


def stamp_of(expected: str) -> str:
    """Return a stamp in the line's minute: without a zone, a time is believed within five minutes."""
    return expected.replace("<current year>", "2025")[:17] + "59Z"


LINES = {number: case for number, case in CASES.items() if line_of(case["given"])}


@pytest.mark.parametrize("number", LINES)
def test_the_time_of_a_line(number: str):
    """Broken: a line that other agents read is delivered at another time."""
    case = LINES[number]
    expected = str(case["expect"].get("timestamp", "none extracted"))
    found = expected[0] in "<2"
    line = line_of(case["given"])
    (event,) = run([source_line(line, stamp_of(expected) if found else "2025-08-30T12:00:00Z")])
    assert event["message"] == line
    assert event["timestamp_source"] == ("line" if found else "container runtime")
    if found:
        wanted = expected.replace("<current year>", "2025")
        assert event["timestamp"].startswith(wanted.rstrip("Z") if number in OVERRULED else wanted)


def test_metadata_and_key():
    """Broken: an event's origin is not what Kubernetes says."""
    given = CASES["044"]["given"]["kubernetes"]
    line = source_line(
        "m",
        namespace=given["pod_namespace"],
        pod_name=given["pod_name"],
        kubernetes={"pod_labels": given["pod_labels"]},
    )
    (event,) = run([line], CLUSTER_ID="mc-1")
    expected = CASES["044"]["expect"]["fields"]
    assert expected.items() <= event.items()


FOUND = {case["id"]: case for case in map(json.loads, FOUND_CASES.read_text().splitlines()) if "line" in case["input"]}
WITHOUT_A_ZONE = {
    "b23"
}  # over five minutes behind the stamp, and so not believed (contract §4): read with a stamp beside it


@pytest.mark.parametrize("number", FOUND)
def test_a_line_that_was_read_wrongly(number: str):
    """Broken: a line from a public bug report is delivered at another time than it says, as it once was."""
    given, expected = FOUND[number]["input"], FOUND[number]["expected"]
    stamp = "2025-08-30T09:22:00Z" if number in WITHOUT_A_ZONE else given["stamp"]
    (event,) = run([source_line(given["line"], stamp)])
    assert event | expected == event
    assert event["message"] == given["line"]
    if number in WITHOUT_A_ZONE:
        (event,) = run([source_line(given["line"], given["stamp"])])
        assert event["timestamp"] == given["stamp"]
