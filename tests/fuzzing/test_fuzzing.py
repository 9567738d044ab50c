"""The readers under generated inputs: the short version of `make fuzz`."""

import pytest

from runtime.objects import events
from tests.fuzzing import targets
from tests.fuzzing.run import fuzz

INPUTS = 15_000
SEED = 20261124


def test_nothing_that_others_write_crashes_a_reader_or_is_lost_silently():
    """Strange input would stop a queue, or vanish without a trace."""
    results = fuzz(INPUTS, SEED)
    assert [finding for one in results for finding in one.findings] == []
    assert sum(one.inputs for one in results) >= INPUTS
    assert all(one.read and one.refused for one in results)


def test_the_same_seed_makes_the_same_inputs():
    """A finding could not be made again."""
    assert fuzz(500, 1) == fuzz(500, 1)


def test_a_reader_that_drops_an_event_is_found(monkeypatch):
    """The fuzzing would pass whatever the readers do."""

    def forgetful(*arguments, **named):
        for block in events.read_events(*arguments, **named):
            yield (
                events.EventBlock(block.timestamps[1:], block.literals[1:], block.sizes[1:])
                if len(block.sizes) > 1
                else block
            )

    monkeypatch.setattr(targets, "read_events", forgetful)
    (lines,) = [one for one in fuzz(2_000, 1) if one.name == "lines"]
    assert lines.findings


@pytest.mark.parametrize("name", ["gzip bodies", "keys", "queue messages"])
def test_a_crash_is_a_finding_that_names_its_seed(monkeypatch, name):
    """A crash would end the run, or be passed over."""

    def crash(random):
        raise RuntimeError("crash")

    (target,) = [one for one in targets.TARGETS if one.name == name]
    monkeypatch.setattr("tests.fuzzing.run.TARGETS", (targets.Target(name, target.share, crash),))
    (result,) = fuzz(10_000, 7)
    assert result.findings[0].seed == f"7/{name}/0"
    assert "crash" in result.findings[0].problem
