"""``fast.vrl`` decides nothing of its own: with it and without it, every line becomes the same event."""

import pytest

from benchmarks.agent_lines import LINES
from benchmarks.agent_lines import STAMP as LINES_STAMP
from local.loader.agent import Agent, source_event
from local.loader.recorded_logs import read_archive
from local.paths import ROOT
from tests.vector.agent.kinds import KINDS
from tests.vector.agent.lines import run, source_line
from tests.vector.agent.odd_lines import odd_lines, odd_objects

PROGRAMS = ROOT / "vector_config" / "base" / "programs"
FAST = (PROGRAMS / "fast.vrl").read_text()
SETTINGS = {"CLUSTER_ID": "c1", "PARSED_FIELDS": "true"}  # the fields show which kind a line was taken for


def assert_same(lines: list[dict]) -> None:
    """Compare the events of these lines, made with the fast path and without it."""
    agent, slow_agent = Agent(SETTINGS), Agent(SETTINGS)
    assert FAST in agent.program
    slow_agent.__dict__["program"] = agent.program.replace(FAST, "")
    for fast, slow in zip(agent.events(lines), slow_agent.events(lines), strict=True):
        assert fast == slow


def taken(lines: list[dict]) -> list[bool]:
    """Return which lines the fast path takes."""
    program = "\n".join((PROGRAMS / name).read_text() for name in ("message.vrl", "klog.vrl", "fast.vrl"))
    agent = Agent(SETTINGS)
    agent.__dict__["program"] = program + '\n.message = if format == "" { "no" } else { "yes" }'
    return [event["message"] == "yes" for event in agent.events(lines)]


def test_every_kind_of_line():
    """Broken: a kind of line gets another time or level when it is printed in its commonest form."""
    assert_same([source_line(kind.line, kind.stamp) for kind in KINDS.values()])


def test_every_recorded_line():
    """Broken: a real control plane's line gets another time or level by the fast path."""
    lines = [source_event(file, record) for file, records in read_archive() for record in records[::7]]
    assert_same(lines)
    assert sum(taken(lines)) > 0.8 * len(lines)


def test_the_commonest_lines_are_taken():
    """Broken: the fast path takes no line, so that this file compares the slow path with itself."""
    lines = {kind: source_line(line, LINES_STAMP) for kind, line in LINES.items()}
    assert dict(zip(lines, taken(list(lines.values())), strict=True)) == {kind: kind != "bare text" for kind in LINES}


@pytest.mark.parametrize("seed", range(3))
def test_any_line(seed: int):
    """Broken: a line has another time or level because of what is printed around it."""
    assert_same([source_line(line) for line in odd_lines(seed, 4_000)])


def test_blanks_in_an_object_change_nothing():
    """Broken: the same object has another time or level when its writer puts a blank behind the brace."""
    lines = odd_objects(7, 4_000)
    plain, *others = (
        [
            (event["timestamp"], event["timestamp_source"], event.get("level"))
            for event in run(list(map(source_line, written)))
        ]
        for written in (lines, ["{ " + line[1:] for line in lines], [" \ufeff" + line for line in lines])
    )
    assert all(other == plain for other in others)
