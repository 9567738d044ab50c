"""The time in a program isn't the destination's."""

from contextlib import suppress

import pytest

from runtime import scheduling
from runtime.deliveries.method import ProgramTime


class Clock:
    """Stands still until it is set."""

    def __init__(self):
        self.now = 100.0


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(scheduling, "monotonic", lambda: made.now)
    return made


def test_batches_side_by_side_count_once(clock):
    """A destination that is slow would be taken for a quick one: four batches' waiting would be subtracted."""
    time = ProgramTime()
    with time.counted():
        clock.now += 1
        with time.counted():
            clock.now += 2
            assert time.goes_on
    clock.now += 5
    assert (time.goes_on, time.seconds) == (False, 3)


def test_a_program_that_fails_counts_too(clock):
    """Its delivery would be in the program for ever."""
    time = ProgramTime()
    with suppress(ZeroDivisionError), time.counted():
        clock.now = 101.0 + 0 / (clock.now - 100.0)
    assert (time.goes_on, time.seconds) == (False, 0)
