"""Facts about times seen in a public implementation of the same design (``tests/cases/collector_timestamp.jsonl``)."""

import json

import pytest

from tests.unit.runtime.known_cases import cases
from tests.vector.agent.lines import run, source_line

CASES = cases("collector_timestamp")
OVERRULED = {  # by what: the contract and the pitfalls win
    "022": "klog's microseconds are kept (pitfall 24)",
    "024": "klog's microseconds are kept (pitfall 24)",
    "030": "klog's microseconds are kept (pitfall 24)",
    "036": "klog's microseconds are kept (pitfall 24)",
    "044": "the key is the contract's: tenant first, names in the segments (§2)",
}


def line_of(given: dict) -> str | None:
    """Give the line that a case prints, if it is about one."""
    if "message" in given:
        return given["message"]
    record = given.get("record") or given.get("json_message")
    return json.dumps(record) if isinstance(record, dict) else None


def stamp_of(expected: str) -> str:
    """Give a stamp on the line's day: another would not be believed."""
    return expected.replace("<current year>", "2025")[:10] + "T12:00:00Z"


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
