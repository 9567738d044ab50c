"""Repeating what may succeed in a moment, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.backoff import Backoff, Retry
from runtime.errors import TIMEOUT, OutOfTimeError, PermanentError, RefusedError, RetryableError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.cloudwatch.doubles import FakeClock, retry


class Call:
    """Raises the given errors, one a call, then succeeds."""

    def __init__(self, *errors):
        self.errors, self.calls = list(errors), 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_a_success_costs_one_call():
    """The happy path would make more calls than it needs."""
    clock, call = FakeClock(), Call()
    assert retry(clock).run(call, TimeBudget.of_seconds(1, clock)) == "done"
    assert (call.calls, clock.waits) == (1, [])


def test_pauses_grow_up_to_the_longest():
    """A service in trouble would be called again too fast, or an event wait too long."""
    clock, call = FakeClock(), Call(*[RetryableError("throttled")] * 5)
    assert retry(clock, attempts=6).run(call, TimeBudget.of_seconds(100, clock)) == "done"
    assert clock.waits == [1.0, 2.0, 4.0, 4.0, 4.0]


def test_the_last_attempts_error_is_raised():
    """A delivery would be repeated for ever instead of being handed over."""
    clock, call = FakeClock(), Call(*[RetryableError("throttled")] * 9)
    with pytest.raises(RetryableError):
        retry(clock, attempts=3).run(call, TimeBudget.of_seconds(100, clock))
    assert call.calls == 3


@pytest.mark.parametrize("error", [RefusedError("x"), OutOfTimeError("x"), PermanentError("x"), ValueError("a bug")])
def test_what_cannot_change_is_raised_at_once(error):
    """A refusal, or a bug, would be repeated."""
    clock, call = FakeClock(), Call(error)
    with pytest.raises(type(error)):
        retry(clock).run(call, TimeBudget.of_seconds(100, clock))
    assert call.calls == 1


def test_nobody_waits_beyond_the_budget():
    """The function would be killed in a pause, before the delivery is handed over."""
    clock, call = FakeClock(), Call(*[RetryableError("throttled")] * 3)
    with pytest.raises(RetryableError, match="throttled"):
        retry(clock).run(call, TimeBudget.of_seconds(4.5, clock), needed=2.0)
    assert clock.waits == [1.0]


def test_a_call_without_a_need_of_time_is_made_however_late():
    """Events that can't be sent would not be kept because the budget is spent."""
    clock, call = FakeClock(), Call()
    assert retry(clock).run(call, TimeBudget.of_seconds(0, clock)) == "done"
    with pytest.raises(OutOfTimeError):
        retry(clock).run(call, TimeBudget.of_seconds(0, clock), needed=0.0)


@given(st.integers(1, 12))
def test_default_pauses_are_jittered_within_their_bounds(attempts):
    """Many deliveries that fail together would come back together."""
    clock, call = FakeClock(), Call(*[RetryableError("throttled")] * attempts)
    policy = Retry(attempts=attempts, wait=clock.wait)
    with pytest.raises(RetryableError):
        policy.run(call, TimeBudget.of_seconds(1000, clock))
    assert all(0 <= pause <= policy.longest for pause in clock.waits)


def test_a_call_that_timed_out_is_not_repeated():
    """Each further call to a destination that hangs would hold its thread for as long again."""
    clock, call = FakeClock(), Call(RetryableError(TIMEOUT), RetryableError("throttled"))
    with pytest.raises(RetryableError, match=TIMEOUT):
        retry(clock).run(call, TimeBudget.of_seconds(100, clock))
    assert (call.calls, clock.waits) == (1, [])


@given(st.integers(0, 10_000))
def test_a_pause_is_within_its_bound_however_many_failures(failures):
    """After a long outage the doubling would overflow, or a pause be longer than its service's schedule."""
    backoff = Backoff(5.0, 3600.0)
    assert backoff.bound(1) == backoff.bound(0) == 5.0
    assert 0 <= backoff.pause(failures) <= backoff.bound(failures) <= 3600
    assert backoff.bound(failures) == min(3600, 5.0 * 2 ** min(max(failures - 1, 0), 60))
