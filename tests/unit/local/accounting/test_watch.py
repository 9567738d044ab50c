"""When the watch stops waiting."""

import pytest

from local.accounting import watch
from local.accounting.comparison import Count
from local.accounting.watch import ArrivalWatch


class Clock:
    """Seconds that pass only while something is done."""

    def __init__(self):
        self.at = 0.0

    def monotonic(self):
        return self.at


class SlowCounting(ArrivalWatch):
    """On a machine on which a count takes longer than the queues must be quiet.

    What waits at each look, and what has arrived by then, is given.
    """

    looks = ()
    clock = None

    def _waiting(self):
        return self.looks[0][0]

    def count(self):
        self.clock.at += watch.QUIET_SECONDS + 5
        (_, delivered), *rest = self.looks
        type(self).looks = rest or self.looks
        return [
            Count(
                "acme",
                "webhook",
                expected=2,
                delivered=delivered,
                set_aside=0,
                lost=2 - delivered,
                doubled=0,
                left_out=0,
            )
        ]


@pytest.fixture
def slow(monkeypatch):
    """The watch, under its clock."""
    clock = Clock()
    monkeypatch.setattr(watch, "time", clock)
    monkeypatch.setattr(SlowCounting, "clock", clock)
    return SlowCounting(None, None, ())


def test_what_still_waits_is_waited_for_however_long_a_count_takes(slow, monkeypatch):
    """On a busy machine the demo would report events as lost that were on their way."""
    monkeypatch.setattr(SlowCounting, "looks", [((0, 22), 0), ((0, 3), 1), ((0, 0), 2)])
    (count,) = slow.until_settled(lambda _: None)
    assert count.complete


def test_what_is_missing_while_nothing_waits_is_lost(slow, monkeypatch):
    """The demo would wait for ever for an event that is lost."""
    monkeypatch.setattr(SlowCounting, "looks", [((0, 22), 0), ((0, 0), 1)])
    (count,) = slow.until_settled(lambda _: None)
    assert count.lost == 1
