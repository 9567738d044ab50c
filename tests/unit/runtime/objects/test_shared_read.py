"""One read for several deliveries: complete for each, bounded for all, never held up for long."""

from threading import Condition, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import CorruptObjectError, RetryableError
from runtime.objects.batches import Batch
from runtime.objects.shared_read import SharedRead


class FakeObject:
    """Counts how often it is read, and how far."""

    def __init__(self, batches=10, error=None):
        self.count, self.error = batches, error
        self.opened = self.closed = self.read = 0

    def open_batches(self):
        self.opened += 1
        try:
            for index in range(self.count):
                self.read += 1
                yield Batch(index, [1], [b'"x"'], [1])
            if self.error is not None:
                raise self.error
        finally:
            self.closed += 1


class WouldWaitError(Exception):
    """A thread would wait."""


class Clock(Condition):
    """A condition on which waiting lets time pass at once, up to the time-out; without one it would be for ever."""

    def __init__(self, may_wait=True):
        super().__init__()
        self.now, self.may_wait = 0.0, may_wait

    def wait(self, timeout=None):
        if timeout is None or not self.may_wait:
            raise WouldWaitError
        self.now += timeout
        return False

    def time(self):
        return self.now


def shared_read(object_, *, window=2, max_lag_seconds=5.0, may_wait=True):
    clock = Clock(may_wait)
    return SharedRead(
        object_.open_batches, window=window, max_lag_seconds=max_lag_seconds, clock=clock.time, condition=clock
    ), clock


def indexes(batches):
    return [batch.index for batch in batches]


def test_siblings_in_step_cost_one_read():
    """The object would be downloaded and decoded once for each destination."""
    object_ = FakeObject()
    shared, _ = shared_read(object_, may_wait=False)
    parts = [shared.subscribe().batches(0) for _ in range(3)]
    assert [indexes(step) for step in zip(*parts, strict=True)] == [[index] * 3 for index in range(10)]
    assert (object_.opened, object_.closed, object_.read) == (1, 1, 10)


def test_a_reader_goes_no_further_ahead_than_the_window():
    """Memory would grow with the object while one destination is slow."""
    object_ = FakeObject()
    shared, _ = shared_read(object_, window=3, may_wait=False)
    ahead, behind = shared.subscribe().batches(0), shared.subscribe().batches(0)
    assert [next(ahead).index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(WouldWaitError):
        next(ahead)
    assert object_.read == 3
    assert next(behind).index == 0


def test_who_holds_up_the_others_goes_on_alone():
    """A slow destination would delay its siblings, or lose batches when it is left behind."""
    object_ = FakeObject()
    shared, clock = shared_read(object_, max_lag_seconds=5.0)
    fast, slow = shared.subscribe(), shared.subscribe()
    behind = slow.batches(0)
    assert next(behind).index == 0
    assert indexes(fast.batches(0)) == list(range(10))
    assert clock.now == 5.0
    assert slow.alone
    assert indexes(behind) == list(range(1, 10))
    assert object_.opened == object_.closed == 2


def test_the_lag_is_for_a_whole_read_and_not_for_each_wait():
    """A destination that is late at every batch, a little each time, would delay its siblings without end."""

    class Nudge(Clock):
        """Each wait ends after a second, because the slow one has taken a batch."""

        def wait(self, timeout=None):
            self.now += min(timeout, 1.0)
            if timeout >= 1.0:
                taken.append(next(behind).index)
            return True

    taken = []
    clock = Nudge()
    shared = SharedRead(FakeObject(20).open_batches, window=1, max_lag_seconds=5.0, clock=clock.time, condition=clock)
    fast, slow = shared.subscribe(), shared.subscribe()
    behind = slow.batches(0)
    assert indexes(fast.batches(0)) == list(range(20))
    assert clock.now == 5.0
    assert taken + indexes(behind) == list(range(20))


def test_nobody_waits_for_one_that_has_left():
    """A delivery that fails at its role hop would cost its siblings the whole lag."""
    object_ = FakeObject()
    shared, clock = shared_read(object_)
    stays, leaves, never_begun = shared.subscribe(), shared.subscribe(), shared.subscribe()
    part = leaves.batches(0)
    next(part)
    part.close()
    never_begun.close()
    never_begun.close()
    assert indexes(stays.batches(0)) == list(range(10))
    assert clock.now == 0
    assert object_.opened == 1


def test_the_last_to_leave_ends_the_read():
    """The connection to S3 would stay open after all deliveries have failed."""
    object_ = FakeObject()
    shared, _ = shared_read(object_)
    with shared.subscribe() as one, shared.subscribe() as other:
        next(one.batches(0))
        next(other.batches(0))
    assert object_.closed == 1


def test_a_resumed_delivery_beside_a_new_one_gets_its_own_batches():
    """A checkpoint would make a sibling miss its first batches, or repeat what is acknowledged."""
    object_ = FakeObject()
    shared, _ = shared_read(object_, may_wait=False)
    resumed, new = shared.subscribe().batches(7), shared.subscribe().batches(0)
    assert [next(new).index for _ in range(8)] == list(range(8))
    assert next(resumed).index == 7
    assert [indexes(step) for step in zip(resumed, new, strict=True)] == [[8, 8], [9, 9]]
    assert object_.opened == 1


def test_one_that_comes_late_reads_on_its_own():
    """A delivery that subscribes after the read has begun would miss what is gone."""
    object_ = FakeObject()
    shared, _ = shared_read(object_)
    first = shared.subscribe().batches(0)
    next(first)
    assert indexes(shared.subscribe().batches(0)) == list(range(10))
    assert indexes(first) == list(range(1, 10))
    assert object_.opened == 2


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (CorruptObjectError("cut-gzip", "detail"), CorruptObjectError, "cut-gzip"),
        (RetryableError("timeout", "detail"), RetryableError, "timeout"),
        (ZeroDivisionError(), RetryableError, "unexpected"),
    ],
)
def test_an_error_reaches_everyone_after_what_precedes_it(error, kind, reason):
    """One sibling would take the place where the read broke off for the object's end, and settle it."""
    shared, _ = shared_read(FakeObject(2, error))
    parts = [shared.subscribe().batches(0) for _ in range(2)]
    assert [[next(part).index for part in parts] for _ in range(2)] == [[0, 0], [1, 1]]
    for part in parts:
        with pytest.raises(kind) as raised:
            next(part)
        assert raised.value.reason == reason


def test_an_interrupted_reader_leaves_an_error_behind():
    """Siblings of a thread that is stopped would wait for ever or settle half an object."""
    shared, _ = shared_read(FakeObject(1, KeyboardInterrupt()))
    one, other = shared.subscribe().batches(0), shared.subscribe().batches(0)
    assert (next(one).index, next(other).index) == (0, 0)
    with pytest.raises(KeyboardInterrupt):
        next(one)
    with pytest.raises(RetryableError, match="read-interrupted"):
        next(other)


PARTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.integers(0, 10), st.integers(1, 3), st.sampled_from([0.0, 0.0001, 60.0]))
def test_threads_in_any_order_get_all_they_ask_for(parts, count, window, max_lag_seconds):
    """Threads would deadlock, or one of them miss, repeat or reorder batches."""
    object_ = FakeObject(count)
    shared = SharedRead(object_.open_batches, window=window, max_lag_seconds=max_lag_seconds)
    subscriptions = [shared.subscribe() for _ in parts]
    seen = [[] for _ in parts]

    def run(position, start, stop_after, begins):
        with subscriptions[position] as subscription:
            if not begins:
                return
            for batch in subscription.batches(start):
                if len(seen[position]) == stop_after:
                    break
                seen[position].append(batch.index)

    threads = [Thread(target=run, args=(position, *part), daemon=True) for position, part in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    for got, (start, stop_after, begins) in zip(seen, parts, strict=True):
        assert got == (list(range(start, count))[:stop_after] if begins else [])
    assert object_.opened == object_.closed
