"""Every kind of line: its time, its level, and its text unchanged."""

import json

import pytest

from tests.vector.agent.kinds import KINDS
from tests.vector.agent.lines import run, source_line


@pytest.fixture(scope="module")
def events():
    return dict(zip(KINDS, run([source_line(kind.line, kind.stamp) for kind in KINDS.values()]), strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_the_time_is_the_line_s_own(events, name: str):
    """Broken: a line of this kind is delivered at another time than it says, or its time's precision is lost."""
    event, kind = events[name], KINDS[name]
    assert event["timestamp"] == (kind.time or canonical(kind.stamp))
    assert event["timestamp_source"] == ("line" if kind.time else "container runtime")


@pytest.mark.parametrize("name", KINDS)
def test_the_level_is_the_line_s_own(events, name: str):
    """Broken: a query by level finds the wrong lines, or misses some."""
    assert events[name].get("level") == KINDS[name].level


@pytest.mark.parametrize("name", KINDS)
def test_the_line_stays_as_printed(events, name: str):
    """Broken: the customer gets other bytes than the process printed."""
    assert events[name]["message"] == KINDS[name].line


def test_a_time_that_is_not_believed_is_marked(events):
    """Broken: nothing would count the lines whose clock is wrong."""
    marked = {name for name, event in events.items() if event.get("timestamp_refused")}
    beginnings = ("more ", "local ", "bytes ", "fast: unusable")
    assert marked == {name for name in KINDS if name.startswith(beginnings)} | {
        "just over a day",
        "a day ahead",
        "over a day off",
        "json ts over a day off",
        "a certificate's end",
        "glog with another year",
        "logfmt unusable ts",
    }


def test_with_parsed_fields_they_stand_under_one_key():
    """Broken: a line's own "namespace" or "timestamp" would take the place of the event's."""
    line = '{"namespace":"evil","tenant_id":"evil","timestamp":"2025-08-30T09:21:21Z","a":{"b":[1]},"message":"m"}'
    lines = [line, 'time="2025-08-30T09:21:21Z" namespace=evil msg="a b"', "I0830 11:27:01.564974       1 a.go:7] m"]
    plain, parsed = run(list(map(source_line, lines))), run(list(map(source_line, lines)), PARSED_FIELDS="true")
    assert [event.pop("parsed") for event in parsed] == [
        json.loads(line),
        {"time": "2025-08-30T09:21:21Z", "namespace": "evil", "msg": "a b"},
        {"thread": "1", "file": "a.go", "line": "7", "msg": "m"},
    ]
    assert parsed == plain


def canonical(stamp: str) -> str:
    """Return a stamp as JSON shows it: a fraction of 3, 6 or 9 digits."""
    seconds, _, fraction = stamp.removesuffix("Z").partition(".")
    return seconds + ("." + fraction.ljust((len(fraction) + 2) // 3 * 3, "0") if fraction else "") + "Z"
