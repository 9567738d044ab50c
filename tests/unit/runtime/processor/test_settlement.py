"""What becomes of each attempt, and whether its message may go."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.aws.response import ConnectionClosedError
from runtime.deliveries.method import DeliveryProgress, Rest
from runtime.deliveries.requests import OUT_OF_REQUESTS
from runtime.errors import (
    NO_FAILURES,
    BlockedByCustomerError,
    CorruptObjectError,
    OutOfRequestsError,
    OutOfTimeError,
    PermanentError,
    RetryableError,
)
from runtime.messages.delivery_message import REPLAYED, DeliveryMessage
from runtime.messages.hand_over import Schedule
from runtime.objects.key import ObjectKey
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempt_result import AttemptResult, ElsewhereError
from runtime.processor.delivery_record import Outcome
from runtime.processor.destination_shares import DestinationSlowError
from runtime.processor.settlement import Settlement
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import CENTRAL, KEY

NOW = 1_000_000.0
SOURCE = StoredObject(CENTRAL, ObjectKey.parse(KEY), "abc", "v1", 7)
FIRST = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", checkpoint=2, attempt=3, first_attempt_at=NOW - 100)
OVER = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", checkpoint=2, attempt=30, first_attempt_at=NOW - 90_000)


class Sink:
    """Queue, table and dead-letter queue in one; each may be down."""

    def __init__(self, *down):
        self.down = down
        self.sent, self.parked, self.corrupt, self.records, self.returns = [], [], [], [], []

    def send(self, message, *, at_once=False, retry_after=None):
        self._check("queue")
        if "queue's answers" in self.down:
            raise ConnectionClosedError
        self.sent.append((message, at_once))

    def park(self, message, object_, error):
        self._check("table")
        self.parked.append((message, error.detail))

    def corrupt_object(self, object_, reason, detail, *, asked_by):
        self.corrupt.append(reason)
        return "dlq" not in self.down

    def delivery(self, record):
        self.records.append(record)

    def returned(self, reason, **properties):
        self.returns.append((reason, properties))

    def _check(self, name):
        if name in self.down:
            raise OSError(name)


def settlement(sink, **absent):
    parts = {"hand_over": sink, "parking": sink, **absent}
    return Settlement(sink, sink, Schedule(), clock=lambda: NOW, **parts)


def ended(error=None, previous=None, *, checkpoint=0, started_at=0, type_="s3", rests=()):
    progress = DeliveryProgress(checkpoint=checkpoint, rests=rests)
    return AttemptResult(SOURCE, type_, progress, error, previous, (started_at, ()))


def outcomes(sink):
    return [record.outcome for record in sink.records]


FAILURES = [RetryableError("throttled"), BlockedByCustomerError("no-such-bucket", "create it"), OutOfTimeError("late")]


def test_what_is_delivered_or_permanent_is_settled():
    """A success would cost a message, or a lost cause be tried for a day."""
    sink = Sink()
    assert settlement(sink).settle([ended(), ended(PermanentError("object-gone", "expired"))])
    assert outcomes(sink) == [Outcome.DELIVERED, Outcome.PERMANENT]
    assert (sink.sent, sink.parked) == ([], [])
    assert (sink.records[1].reason, sink.records[1].detail) == ("object-gone", "expired")


@pytest.mark.parametrize("error", FAILURES)
def test_what_may_pass_is_handed_over_with_its_checkpoint(error):
    """A retry would begin anew, repeat its siblings, or forget whose and which object it is."""
    sink = Sink()
    assert settlement(sink).settle([ended(error, checkpoint=4, started_at=4)])
    ((message, at_once),) = sink.sent
    assert message == DeliveryMessage(
        CENTRAL, KEY, "acme-corp", "s3", "abc", "v1", 7,
        checkpoint=4, plan_version=PLAN_VERSION, attempt=1, first_attempt_at=NOW, reason=error.reason,
    )  # fmt: skip
    assert not at_once
    assert outcomes(sink) == [Outcome.HANDED_OVER]


def test_a_further_attempt_keeps_the_first_ones_time_and_counts_on():
    """The schedule would begin anew at each attempt and never end."""
    sink = Sink()
    settlement(sink).settle([ended(FAILURES[0], FIRST, checkpoint=5, started_at=2)])
    ((message, _),) = sink.sent
    assert (message.attempt, message.first_attempt_at, message.checkpoint) == (4, FIRST.first_attempt_at, 5)
    assert sink.records[0].attempts == 4


@pytest.mark.parametrize("error", FAILURES)
def test_after_the_schedule_a_delivery_is_parked(error):
    """A broken destination would be tried for ever; or what can't be delivered be dropped."""
    sink = Sink()
    assert settlement(sink).settle([ended(error, OVER, checkpoint=2, started_at=2)])
    assert sink.sent == []
    ((message, detail),) = sink.parked
    assert (message.attempt, message.reason, detail) == (31, error.reason, error.detail)
    assert outcomes(sink) == [Outcome.PARKED]


@pytest.mark.parametrize("previous", [FIRST, OVER, None])
def test_the_rest_of_a_large_object_goes_on_at_once_and_is_no_failure(previous):
    """An object larger than one invocation would wait an hour between parts, or be parked half delivered."""
    sink = Sink()
    assert settlement(sink).settle([ended(OutOfTimeError("late"), previous, checkpoint=9, started_at=2)])
    ((message, at_once),) = sink.sent
    assert (message.checkpoint, at_once) == (9, True)
    assert message.attempt == (previous.attempt if previous else 0)


@pytest.mark.parametrize("error", [OutOfTimeError("late"), OutOfRequestsError("extra-requests-used-up")])
def test_the_rest_of_a_batch_goes_on_at_once_and_is_no_failure(error):
    """A batch with many refused events would be parked after a day, and its settled events be sent once more."""
    sink, rest = Sink(), Rest(2, True, ((7, 1000),))
    settlement(sink).settle([ended(error, FIRST, checkpoint=2, started_at=2, rests=(rest,))])
    ((message, at_once),) = sink.sent
    assert (message.rests, message.attempt, at_once) == ((rest,), FIRST.attempt, True)


def test_a_corrupt_object_is_kept_once_for_all_its_deliveries():
    """The dead-letter queue would fill with copies, or not be told at all."""
    sink, corrupt = Sink(), CorruptObjectError("not-gzip", "no header")
    assert settlement(sink).settle([ended(), ended(corrupt, type_="a"), ended(corrupt, type_="b")])
    assert sink.corrupt == ["not-gzip"]
    assert outcomes(sink) == [Outcome.DELIVERED, Outcome.PERMANENT, Outcome.PERMANENT]


class Statuses:
    """Keeps the lags that are noted."""

    def __init__(self):
        self.lags = []

    def delivered(self, tenant_id, type_, lag_seconds, *, recovered):
        self.lags.append(lag_seconds)


@pytest.mark.parametrize(("previous", "lag"), [(None, 60.0), (FIRST, 60.0), (replace(FIRST, reason=REPLAYED), None)])
def test_what_is_replayed_is_old_and_not_late(previous, lag):
    """A backfill would raise the alarm of late destinations, and hide one that is late."""
    statuses = Statuses()
    old = AttemptResult(SOURCE, "s3", DeliveryProgress(oldest_event_ms=int((NOW - 60) * 1000)), None, previous)
    assert settlement(Sink(), statuses=statuses).settle([old])
    assert statuses.lags == [lag]


@pytest.mark.parametrize(
    ("down", "error", "previous"),
    [
        ("queue", FAILURES[0], None),
        ("queue", FAILURES[1], FIRST),
        ("dlq", CorruptObjectError("not-gzip"), None),
    ],
)
def test_what_cannot_be_written_down_is_returned(down, error, previous):
    """An outage of our own queue or table would lose the delivery."""
    sink = Sink(down)
    assert not settlement(sink).settle([ended(), ended(error, previous)])
    assert outcomes(sink) == [Outcome.DELIVERED, Outcome.RETURNED]
    assert sink.returns == ([] if down == "dlq" else [("unexpected", {"tenant_id": "acme-corp", "type": "s3"})])


@pytest.mark.parametrize("previous", [None, FIRST])
def test_what_may_be_handed_over_or_not_is_parked(previous):
    """A queue whose answers are lost would be sent the same delivery again, and each copy would send further ones."""
    sink = Sink("queue's answers")
    assert settlement(sink).settle([ended(FAILURES[0], previous, checkpoint=4)])
    assert outcomes(sink) == [Outcome.PARKED]
    ((message, _),) = sink.parked
    assert (message.checkpoint, message.reason) == (4, "throttled")
    assert not settlement(Sink("queue's answers"), parking=None).settle([ended(FAILURES[0], previous)])
    assert not settlement(Sink("queue's answers", "table")).settle([ended(FAILURES[0], previous)])


def test_what_cannot_be_parked_is_handed_over_once_more():
    """An outage of our table would end every late delivery in the dead-letter queue."""
    sink = Sink("table")
    assert settlement(sink).settle([ended(FAILURES[1], OVER)])
    assert (outcomes(sink), len(sink.sent)) == ([Outcome.HANDED_OVER], 1)
    sink = Sink("table", "queue")
    assert not settlement(sink).settle([ended(FAILURES[1], OVER)])
    assert outcomes(sink) == [Outcome.RETURNED]


def test_without_a_queue_or_a_table_nothing_is_settled_for_them():
    """By hand, a failed delivery would look like a success."""
    sink = Sink()
    assert not settlement(sink, hand_over=None).settle([ended(FAILURES[0])])
    assert not settlement(sink, parking=None).settle([ended(FAILURES[0], OVER)])
    assert outcomes(sink) == [Outcome.RETURNED] * 2


def test_a_message_without_its_first_attempts_time_is_not_parked_at_once():
    """A message of another version would be parked although it was never tried here."""
    sink = Sink()
    nameless = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3")
    settlement(sink).settle([ended(FAILURES[0], nameless)])
    assert sink.sent[0][0].first_attempt_at == NOW


def test_a_delivery_that_is_no_longer_wanted_is_recorded():
    """A waiting delivery of a deleted config would vanish without a line."""
    sink = Sink()
    settlement(sink).close(SOURCE, FIRST, "config-deleted")
    (record,) = sink.records
    assert (record.outcome, record.reason, record.type, record.attempts) == (
        Outcome.PERMANENT,
        "config-deleted",
        "s3",
        4,
    )


ERRORS = st.sampled_from([None, *FAILURES, PermanentError("gone"), CorruptObjectError("cut-gzip")])


@given(
    st.lists(st.tuples(ERRORS, st.sampled_from([None, FIRST, OVER]), st.integers(2, 9)), max_size=6),
    st.sets(st.sampled_from(["queue", "queue's answers", "table", "dlq"])),
)
def test_whatever_happens_each_attempt_has_exactly_one_end(attempts, down):
    """Some combination of outcomes and outages would settle a message whose delivery is nowhere."""
    sink = Sink(*down)
    settled = settlement(sink).settle(
        [ended(error, previous, checkpoint=checkpoint, started_at=2) for error, previous, checkpoint in attempts]
    )
    ends = Counter(outcomes(sink))
    assert ends.total() == len(attempts)
    assert ends[Outcome.HANDED_OVER] == len(sink.sent)
    assert ends[Outcome.PARKED] == len(sink.parked)
    assert ends[Outcome.DELIVERED] == sum(error is None for error, *_ in attempts)
    assert settled is (not ends[Outcome.RETURNED])
    assert ends[Outcome.PERMANENT] + ends[Outcome.RETURNED] * bool(down) >= sum(
        isinstance(error, PermanentError) for error, *_ in attempts
    )


def test_known_classes_of_errors():
    """What is declared permanent would be retried, or what isn't would be dropped (the known cases 011 and 013)."""
    known = cases("error_classification")
    for number, error in (("011", PermanentError("explicit")), ("013", None)):
        sink = Sink()
        settlement(sink).settle([ended(error)])
        assert (outcomes(sink) == [Outcome.PERMANENT]) is known[number]["expect"]["is_non_recoverable"]


def test_what_another_goes_on_with_has_a_reason_that_counts_as_no_failure():
    """The operator's table would show every delivery of the outside processor's as failed."""
    assert {ElsewhereError("webhook").reason, DestinationSlowError().reason, OUT_OF_REQUESTS} <= NO_FAILURES
