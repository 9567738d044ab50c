"""Hosts at one alert's state: reads, conditional writes, notifications, crashes between any two of them."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.alerts.work import ATTEMPTS, DELAYS, GIVEN_UP_SECONDS
from runtime.errors import BlockedByCustomerError, RetryableError
from tests.unit.runtime.alerts.alert_scene import CrashError, Scene, a_rule

ONE = a_rule(count=1, silence_seconds=300)


class Schedule:
    """What happens ahead of each call: nothing, a crash, or another host that does all its work in between."""

    def __init__(self, choices, messages):
        self.choices, self.messages, self.depth = iter(choices), messages, 0
        self.on = True
        self.scene = None
        self.crashes = 0

    def __call__(self, call):
        choice = next(self.choices, 0) if self.on else 0
        if choice == 1:
            self.crashes += 1
            raise CrashError
        if choice in {2, 3} and self.depth < 3 and self.messages:
            self.depth += 1
            match = self.messages[(choice + self.depth) % len(self.messages)]
            with suppress(CrashError):
                self.scene.step(match)
            self.depth -= 1


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.integers(0, 5), max_size=40),
    st.lists(st.integers(0, 120), min_size=1, max_size=6),
    st.integers(1, 3),
)
def test_every_interleaving_and_crash_notifies_at_least_once_and_without_a_crash_once(choices, times, count):
    """An alert would be lost with a host, or come from each host that sees it."""
    messages = list(enumerate(times, 1))
    schedule = Schedule(choices, messages)
    scene = schedule.scene = Scene(a_rule(count=count, window_seconds=60, silence_seconds=3600), before=schedule)
    for message in messages:
        while True:  # as the queue does: a message whose host was killed comes again
            try:
                scene.step(message)
                break
            except CrashError:
                scene.now += 1
    schedule.on = False
    scene.settle()
    ordered = sorted(times)
    expected = any(last - first <= 60 for first, last in zip(ordered, ordered[count - 1 :], strict=False))
    assert len(set(scene.firings())) == expected
    assert len(scene.firings()) <= expected + schedule.crashes
    if not schedule.crashes:
        assert len(scene.firings()) == expected


def test_the_state_is_written_before_anything_is_sent():
    """A host that is killed between the two would leave an alert that nobody knows of."""
    calls = []
    scene = Scene(ONE, before=calls.append)
    scene.step((1, 1))
    assert calls == ["read", "write", "notify", "read", "write"]


def test_what_was_decided_and_not_sent_is_sent_by_the_sweep():
    """A host's end would cost the alert: its message may be gone from the queue."""

    def killed(call):
        if call == "notify" and scene.now < 1010:
            raise CrashError

    scene = Scene(ONE, before=killed)
    with pytest.raises(CrashError):
        scene.step((1, 1))
    scene.now = 1029.0
    scene.step()
    assert not scene.received
    scene.now = 1030.0
    scene.step()
    assert len(scene.received) == 1


def test_a_destination_that_refuses_is_tried_again_for_a_day_and_then_no_more():
    """A customer's mistake in a policy would cost an alert at once, or keep it for ever."""
    scene = Scene(a_rule(count=1, silence_seconds=86_400))

    def fails():
        raise BlockedByCustomerError("access-denied")

    scene._fails = fails
    scene.step((1, 1))
    attempts = [scene.now]
    while scene.now < 1000 + GIVEN_UP_SECONDS + 1000:
        scene.now += 10
        before = len(scene.outcomes)
        scene.step()
        if len(scene.outcomes) > before:
            attempts.append(scene.now)
    assert [after - before for before, after in pairwise(attempts[:6])] == [*DELAYS]
    assert [outcome for outcome, _ in scene.outcomes].count("dropped") == 1
    assert scene.outcomes[0] == ("failed", "access-denied")


def test_a_state_that_always_changes_is_left_to_a_repetition():
    """A host would turn in a circle until its function's time is over."""
    scene = Scene(ONE)
    reads = []

    def meddle(call):
        if call == "write":
            reads.append(call)
            for place, (state, version) in list(scene.states.items.items()):
                scene.states.items[place] = (state, version + 1)

    scene.step((1, 1))
    scene.states.before = meddle
    with pytest.raises(RetryableError, match="alert-state-contended"):
        scene.step((2, 2))
    assert len(reads) == ATTEMPTS
