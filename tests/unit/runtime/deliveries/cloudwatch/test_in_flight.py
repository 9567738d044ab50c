"""Several calls of one delivery in flight: whatever their order and whichever fails, the checkpoint has no gap."""

from itertools import permutations, product
from threading import BoundedSemaphore, Condition, Thread
from types import SimpleNamespace

import pytest

from runtime.deliveries.cloudwatch.delivery import CloudWatchDelivery
from runtime.deliveries.in_flight import Times
from runtime.errors import BlockedByCustomerError, CorruptObjectError, DeliveryError, RefusedError, RetryableError
from tests.unit.runtime.deliveries.cloudwatch.doubles import (
    NOW,
    Engine,
    FakeClock,
    Kept,
    RoleChain,
    Source,
    batch,
    delivery,
    retry,
)

SECONDS = 10


class GatedEngine(Engine):
    """Each call after the first waits until the test lets it end, as the test says."""

    def __init__(self, calls_in_flight=8):
        super().__init__()
        self.calls_in_flight = calls_in_flight
        self.changed = Condition()
        self.begun, self.ended, self.endings = [], [], {0: None}

    def send(self, batch):
        with self.changed:
            self.begun.append(batch.index)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: batch.index in self.endings, SECONDS)
            error = self.endings.pop(batch.index)
            self.ended.append(batch.index)
            self.changed.notify_all()
        if error is not None:
            raise error
        return ()

    def end(self, index, error=None):
        with self.changed:
            self.endings[index] = error
            self.changed.notify_all()

    def wait_begun(self, *indexes):
        with self.changed:
            assert self.changed.wait_for(lambda: set(indexes) <= set(self.begun), SECONDS), self.begun


class Running:
    """A delivery in a thread of its own."""

    def __init__(self, engine, source, kept=None, one=None):
        self.delivery, self.error = one or delivery(), None
        services = SimpleNamespace(clients=None, role_chain=RoleChain(), settings=None)
        self.method = CloudWatchDelivery(
            services, engine=engine, set_aside=kept or Kept(), retry=retry(FakeClock(), 2), now=lambda: NOW
        )
        self.thread = Thread(target=self.run, args=(source,))
        self.thread.start()

    def run(self, source):
        try:
            self.method.deliver(self.delivery, source)
        except DeliveryError as error:
            self.error = error

    def result(self):
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()
        return self.delivery.progress, self.error


def batches(count):
    """Make batches of different times, each of one event more than the one before it."""
    return [batch(index, *[(index * 100 + position, "x") for position in range(index + 1)]) for index in range(count)]


INTERLEAVINGS = [(order, failing) for order in permutations((1, 2, 3)) for failing in product((False, True), repeat=3)]


@pytest.mark.parametrize(("order", "failing"), INTERLEAVINGS)
def test_what_is_acknowledged_is_exact_whatever_ends_first_and_whichever_fails(order, failing):
    """The next attempt would skip a batch that failed, and its events be lost; or send one twice that arrived."""
    engine = GatedEngine()
    running = Running(engine, Source(*batches(4)))
    engine.wait_begun(0, 1, 2, 3)
    for index in order:
        engine.end(index, RefusedError(f"refused-{index}") if failing[index - 1] else None)
    progress, error = running.result()
    first_failed = next((index for index in (1, 2, 3) if failing[index - 1]), None)
    assert progress.checkpoint == (4 if first_failed is None else first_failed)
    arrived = set(engine.ended) - {index for index in (1, 2, 3) if failing[index - 1]}
    assert set(range(progress.checkpoint)) | progress.ahead == arrived
    assert progress.events == sum(index + 1 for index in arrived)
    assert (error and error.reason) == (first_failed and f"refused-{first_failed}")
    assert engine.closed == 1


def test_the_first_batch_is_alone():
    """A missing stream, or a role that refuses, would be found out by eight calls at once."""
    engine = GatedEngine()
    engine.endings.clear()
    running = Running(engine, Source(*batches(3)))
    engine.wait_begun(0)
    assert engine.begun == [0]
    engine.end(0, BlockedByCustomerError("denied"))
    progress, error = running.result()
    assert (engine.begun, progress.checkpoint, error.reason) == ([0], 0, "denied")


def test_no_more_calls_than_the_engine_takes():
    """Memory would grow with the object."""
    engine = GatedEngine(calls_in_flight=2)
    running = Running(engine, Source(*batches(6)))
    for index in range(1, 6):
        engine.wait_begun(index)
        assert len(engine.begun) - len(engine.ended) <= 2
        engine.end(index)
    assert running.result()[0].checkpoint == 6


def test_what_fails_for_good_is_not_followed_by_what_has_not_begun():
    """Every batch after the gap would be sent twice: now, and by the next attempt."""
    engine = GatedEngine(calls_in_flight=2)
    running = Running(engine, Source(*batches(6)))
    engine.wait_begun(1, 2)
    engine.end(1, RefusedError("refused"))
    engine.end(2)
    assert running.result()[1].reason == "refused"
    assert set(engine.begun) == {0, 1, 2}


def test_a_later_failure_does_not_stop_an_earlier_batch_from_being_repeated():
    """The delivery would end with the wrong reason, or before what could be delivered was."""
    engine = GatedEngine()
    running = Running(engine, Source(*batches(3)))
    engine.wait_begun(1, 2)
    engine.end(2, BlockedByCustomerError("denied"))
    engine.end(1, RetryableError("throttled"))
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.begun.count(1) == 2, SECONDS)
    engine.end(1)
    progress, error = running.result()
    assert (progress.checkpoint, error.reason) == (2, "denied")


def test_events_of_one_time_keep_their_order_across_batches():
    """Lines of a stack trace that meet at a batch's end would change places."""
    engine = GatedEngine()
    same = [batch(0, (0, "a")), batch(1, (5, "b"), (9, "c")), batch(2, (9, "d")), batch(3, (50, "e"))]
    running = Running(engine, Source(*same))
    engine.wait_begun(1, 3)
    assert 2 not in engine.begun
    engine.end(1)
    engine.wait_begun(2)
    engine.end(2)
    engine.end(3)
    assert running.result()[0].checkpoint == 4


def test_a_batch_that_waits_for_one_that_failed_is_not_sent():
    """Its events would stand before those that are sent again."""
    engine = GatedEngine()
    running = Running(engine, Source(batch(0, (0, "a")), batch(1, (9, "b")), batch(2, (9, "c"))))
    engine.wait_begun(1)
    engine.end(1, RefusedError("refused"))
    progress, error = running.result()
    assert (progress.checkpoint, error.reason, engine.begun) == (1, "refused", [0, 1])


@pytest.mark.parametrize("failure", [None, RetryableError("throttled"), RefusedError("refused")])
def test_an_objects_defect_is_told_after_what_precedes_it_is_settled(failure):
    """A corrupt object settles its delivery for good: batches that failed before its end would be dropped."""
    engine = GatedEngine()
    running = Running(engine, Source(*batches(3), error=CorruptObjectError("cut-gzip")))
    engine.wait_begun(1, 2)
    engine.end(2)
    engine.end(1, failure)
    if isinstance(failure, RetryableError) and not isinstance(failure, RefusedError):
        with engine.changed:
            assert engine.changed.wait_for(lambda: engine.begun.count(1) == 2, SECONDS)
        engine.end(1, failure)
    progress, error = running.result()
    assert progress.checkpoint == (3 if failure is None else 1)
    assert error.reason == ("cut-gzip" if failure is None else failure.reason)


def test_the_next_attempt_sends_the_gap_alone():
    """Up to seven batches, of 10,000 events each, would arrive twice after every failure in the middle of an object."""
    engine, one = GatedEngine(), delivery()
    running = Running(engine, Source(*batches(5)), one=one)
    engine.wait_begun(1, 2, 3, 4)
    for index in (4, 3, 1):
        engine.end(index)
    engine.end(2, RefusedError("refused"))
    progress, _ = running.result()
    assert (progress.checkpoint, progress.ahead) == (2, {3, 4})
    again = Engine()
    Running(again, Source(*batches(5)), one=one).result()
    assert [sent.index for sent in again.sent] == [2]
    assert (progress.checkpoint, progress.ahead) == (5, set())


def test_set_aside_events_behind_a_gap_are_counted_where_they_were_kept():
    """The record would not count them at all: the next attempt has no reason to look at their batch."""
    engine, kept = GatedEngine(), Kept()
    old = -15 * 86_400_000
    source = Source(batch(0, (0, "a")), batch(1, (100, "b")), batch(2, (old, "old"), (200, "c")))
    running = Running(engine, source, kept)
    engine.wait_begun(1, 2)
    engine.end(2)
    engine.end(1, RefusedError("refused"))
    progress, _ = running.result()
    assert (progress.checkpoint, progress.ahead, progress.set_aside.total()) == (1, {2}, 1)


def test_places_are_given_back_however_a_delivery_ends():
    """After some failures no delivery would have calls in flight any more, or one would wait for ever."""
    engine = GatedEngine()
    running = Running(engine, Source(*batches(4)))
    engine.wait_begun(1, 2, 3)
    engine.end(3)
    engine.end(1, RefusedError("refused"))
    engine.end(2)
    running.result()
    with pytest.raises(ValueError, match="released too many times"):
        running.method._places.release()


def test_without_places_a_delivery_goes_on_call_by_call():
    """A delivery that finds all places taken would wait for its siblings."""
    engine, one = Engine(), delivery()
    engine.calls_in_flight = 8
    services = SimpleNamespace(clients=None, role_chain=RoleChain(), settings=None)
    method = CloudWatchDelivery(services, engine=engine, set_aside=Kept(), retry=retry(FakeClock()), now=lambda: NOW)
    method._places = BoundedSemaphore(1)
    method._places.acquire()
    method.deliver(one, Source(*batches(5)))
    assert [sent.index for sent in engine.sent] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (((0, "a"), (5, "b")), ((6, "c"),), False),
        (((0, "a"), (5, "b")), ((5, "c"), (9, "d")), True),
        (((0, "a"), (9, "b")), ((1, "c"), (8, "d")), False),
        (((0, "a"), (4, "x"), (9, "b")), ((1, "c"), (4, "y"), (8, "d")), True),
        (((6, "c"),), ((0, "a"), (5, "b")), False),
    ],
)
def test_batches_that_share_a_time(one, other, shared):
    """Order would change, or calls would wait for no reason."""
    assert Times(batch(0, *one)).has_one_of(batch(1, *other)) is shared
