"""Every line of the recorded control planes: none fails, none loses a byte, and how many have their own time."""

import json

import pytest

from benchmarks.line_times import MARK, PAGE, components, section
from benchmarks.pages import renewed
from local.loader.agent import Agent, source_event
from local.loader.recorded_logs import read_archive

LEAST_SHARES = {  # of lines whose time was taken from the line; the rest has none: dumps, traces, shell messages
    "audit-logs": 0.98,
    "etcd": 0.99,
    "kube-apiserver": 0.85,
    "kube-controller-manager": 0.99,
    "kube-scheduler": 0.85,
}


@pytest.fixture(scope="module")
def recorded():
    """Return (record, event) pairs."""
    records = [(file, record) for file, its_records in read_archive() for record in its_records]
    events = Agent({"CLUSTER_ID": "demo"}).events(source_event(file, record) for file, record in records)
    return [(record, json.loads(event["message"])) for (_, record), event in zip(records, events, strict=True)]


def test_every_line_is_an_event_with_its_own_bytes(recorded):
    """Broken: a customer's line is lost or changed on its way into the bucket."""
    assert len(recorded) == 10_544
    assert all(event["message"] == record.message.decode("utf-8", "replace") for record, event in recorded)
    assert max(len(event["message"]) for _, event in recorded) > 1_000_000


def test_the_one_line_that_is_not_utf8_is_marked(recorded):
    """Broken: nothing says that a line was changed, or lines that hold U+FFFD themselves are said to be."""
    marked = [record.message for record, event in recorded if event.get("invalid_utf8")]
    assert len(marked) == 1
    with pytest.raises(UnicodeDecodeError):
        marked[0].decode()


def test_the_line_s_time_is_next_to_the_container_runtime_s(recorded):
    """Broken: a time was read wrongly: these lines were printed within seconds of the runtime's stamp."""
    far = [
        event
        for record, event in recorded
        if abs(seconds(event["timestamp"]) - seconds(record.stamp)) > 90 and event["timestamp_source"] == "line"
    ]
    assert not far


def test_lines_that_begin_like_one_with_a_time_have_it(recorded):
    """Broken: a kind of line that the programs should know is taken for bare text."""
    begins = ("I1", "W1", "E1", "F1", '{"ts"', '{"level"', '{"kind":"Event"', "2026-")
    missed = [
        event["message"][:80]
        for _, event in recorded
        if event["message"].startswith(begins) and event["timestamp_source"] != "line"
    ]
    assert not missed


def test_share_of_lines_with_their_own_time(recorded):
    """Broken: parsing of a component's lines has become worse, or the guide states shares of another day."""
    found = components(event for _, event in recorded)
    assert all(found[name].share >= least for name, least in LEAST_SHARES.items())
    assert found.keys() == LEAST_SHARES.keys()
    page = PAGE.read_text()
    assert renewed(page, MARK, section(found)) == page, "python -m benchmarks.line_times --write"


def seconds(stamp: str) -> float:
    """Return the seconds of the day."""
    hours, minutes, rest = stamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)
