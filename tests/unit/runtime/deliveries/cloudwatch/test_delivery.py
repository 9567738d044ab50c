"""A CloudWatch delivery with a made-up engine: what is sent, what is kept, how far the checkpoint moves."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.cloudwatch.delivery import CloudWatchDelivery
from runtime.deliveries.cloudwatch.filtering import filter_events
from runtime.deliveries.cloudwatch.native.engine import rejections
from runtime.deliveries.event_request import Rejection
from runtime.deliveries.method import MAX_UNKEPT, DeliveryProgress, Unkept
from runtime.deliveries.sent_batch import Account
from runtime.errors import (
    BlockedByCustomerError,
    CorruptObjectError,
    DeliveryError,
    OutOfTimeError,
    RefusedError,
    RetryableError,
)
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

DAY_MS = 86_400_000
OLD, NEW = -15 * DAY_MS, 3 * 3_600_000


def method(engine, *, clock=None, kept=None, role_chain=None, attempts=4):
    services = SimpleNamespace(clients=None, role_chain=role_chain or RoleChain(), settings=None)
    return CloudWatchDelivery(
        services,
        engine=engine,
        set_aside=kept or Kept(),
        retry=retry(clock or FakeClock(), attempts),
        now=lambda: NOW,
    )


def test_every_batch_is_sent_in_order_and_acknowledged():
    """The checkpoint or the counts of a plain delivery would be wrong."""
    engine, one = Engine(), delivery()
    method(engine).deliver(one, Source(batch(0, (-5, "a"), (0, "bc")), batch(1)))
    assert [sent.index for sent in engine.sent] == [0, 1]
    progress = one.progress
    assert (progress.checkpoint, progress.events, progress.bytes, progress.left_out) == (2, 3, 8, 0)
    assert progress.oldest_event_ms == int(NOW * 1000) - 5
    assert engine.closed == 1
    assert engine.destination.log_stream_name == "c-1/etcd/etcd-0"


def test_the_customers_role_is_assumed_with_the_configs_external_id():
    """The second hop would be refused, or made without the tenant's own ExternalId."""
    chain, one = RoleChain(), delivery(external_id="issued-1")
    method(Engine(), role_chain=chain).deliver(one, Source(batch()))
    assert chain.asked[0] == ("acme-corp", one.config.log_distribution_role_arn, "issued-1")


def test_a_resumed_delivery_continues_after_its_checkpoint():
    """Acknowledged batches would be sent a second time."""
    engine, one = Engine(), delivery(checkpoint=1)
    method(engine).deliver(one, Source(batch(0), batch(1), batch(2)))
    assert [sent.index for sent in engine.sent] == [1, 2]
    assert one.progress.checkpoint == 3


def test_what_cannot_be_sent_is_taken_out_and_kept():
    """One event too old, too new or empty would fail the batch, be repeated, or vanish."""
    engine, kept, one = Engine(), Kept(), delivery()
    mixed = batch(0, (OLD, "old"), (OLD, ""), (-1, "a"), (0, ""), (0, "b"), (NEW, "new"))
    method(engine, kept=kept).deliver(one, Source(mixed))
    assert [sent.literals for sent in engine.sent] == [[b'"a"', b'"b"']]
    assert kept.events == [(0, "too-old", b'"old"'), (0, "too-new", b'"new"')]
    progress = one.progress
    assert (progress.events, progress.left_out, dict(progress.set_aside)) == (2, 2, {"too-old": 1, "too-new": 1})


def test_a_batch_of_which_nothing_can_be_sent_is_no_call():
    """An empty PutLogEvents call would be refused and block the delivery for ever."""
    engine, kept, one = Engine(), Kept(), delivery()
    method(engine, kept=kept).deliver(one, Source(batch(0, (0, "")), batch(1, (OLD, "old"))))
    assert engine.sent == []
    assert len(kept.events) == 1
    assert one.progress.checkpoint == 2


def test_what_cloudwatch_rejects_is_kept_and_counted_once():
    """Rejected events would be lost, or sent again with the whole batch."""
    engine = Engine([Rejection("expired", range(1)), Rejection("too-new", [2])])
    kept, one = Kept(), delivery()
    method(engine, kept=kept).deliver(one, Source(batch(0, (0, ""), (0, "aa"), (0, "b"), (0, "cc"))))
    assert kept.events == [(0, "expired", b'"aa"'), (0, "too-new", b'"cc"')]
    assert (one.progress.events, one.progress.bytes, one.progress.checkpoint) == (1, 1, 1)


def test_the_checkpoint_waits_until_refused_events_are_kept():
    """Events that could not be set aside would be behind the checkpoint: lost."""
    one = delivery()
    failing = Kept(*[RetryableError("set-aside-failed")] * 4)
    with pytest.raises(RetryableError, match="set-aside-failed"):
        method(Engine(), kept=failing).deliver(one, Source(batch(0, (OLD, "old"))))
    assert one.progress.checkpoint == 0


def resumed(progress, **fields):
    """The next attempt, as a delivery message carries it over."""
    one = delivery(**fields)
    one.progress.checkpoint, one.progress.ahead, one.progress.unkept = (
        progress.checkpoint,
        progress.ahead,
        progress.unkept,
    )
    return one


def test_what_is_known_to_be_refused_is_kept_before_anything_is_sent():
    """The customer would get the batch again at each attempt while set-aside can't be written."""
    engine, one = Engine(), delivery()
    failing = Kept(*[RetryableError("set-aside-failed")] * 4)
    with pytest.raises(RetryableError, match="set-aside-failed"):
        method(engine, kept=failing).deliver(one, Source(batch(0, (OLD, "old"), (0, "a"))))
    assert (engine.sent, one.progress.checkpoint, one.progress.unkept) == ([], 0, ())


def test_a_batch_that_is_sent_and_not_yet_set_aside_is_never_sent_again():
    """780 events arrived twice of 195 in a minute: each attempt sent the batch and then failed to set aside."""
    mixed = batch(0, (OLD, "old"), (-2, "aa"), (-1, ""), (0, "b"), (NEW, "new"))
    engine = Engine([Rejection("expired", range(1))])
    failing, one = Kept(*[RetryableError("set-aside-failed")] * 9), delivery()
    failing.errors.insert(0, None)  # what was known before could be kept
    with pytest.raises(RetryableError, match="set-aside-failed"):
        method(engine, kept=failing).deliver(one, Source(mixed, batch(1)))
    expected = (Unkept(0, "too-old", 0, 1), Unkept(0, "too-new", 4, 5), Unkept(0, "expired", 1, 2))
    assert (one.progress.checkpoint, one.progress.unkept) == (0, expected)
    second = resumed(one.progress)
    with pytest.raises(RetryableError, match="set-aside-failed"):
        method(engine, kept=failing).deliver(second, Source(mixed, batch(1)))
    assert (len(engine.sent), second.progress.unkept) == (1, expected)
    kept, third = Kept(), resumed(second.progress)
    method(engine, kept=kept).deliver(third, Source(mixed, batch(1)))
    assert kept.events == [(0, "too-old", b'"old"'), (0, "too-new", b'"new"'), (0, "expired", b'"aa"')]
    assert [sent.index for sent in engine.sent] == [0, 1]
    progress = third.progress
    assert (progress.checkpoint, progress.events, progress.bytes, progress.left_out) == (2, 2, 6, 1)
    assert (dict(progress.set_aside), progress.unkept) == ({"too-old": 1, "too-new": 1, "expired": 1}, ())


@given(st.lists(st.sampled_from(["", "a", "bb"]), min_size=1, max_size=30), st.data())
def test_ranges_name_exactly_the_events_that_were_refused(texts, data):
    """A retry would set aside events that have arrived, or leave out those that haven't."""
    whole = batch(0, *[(-1, text) for text in texts])
    filtered = filter_events(whole, int(NOW * 1000))
    positions = data.draw(st.sets(st.sampled_from(range(len(filtered.sendable))))) if len(filtered.sendable) else ()
    account = Account(whole, leaves_out_empty=True)
    refused = account.ranges(filtered, [Rejection("expired", sorted(positions))])
    named = [filtered.positions[position] for position in sorted(positions)]
    assert [event.literal for event in account.events(refused)] == [whole.literals[index] for index in named]
    counted = account.of_earlier(refused)
    assert (counted.events, counted.empty) == (len(filtered.sendable) - len(named), texts.count(""))


def test_more_than_fits_into_a_message_is_sent_again():
    """The delivery's own message would be unreadable, and go to the dead-letter queue."""
    progress = DeliveryProgress()
    progress.note_unkept([Unkept(0, "expired", index, index + 1) for index in range(MAX_UNKEPT)])
    progress.note_unkept([Unkept(1, "expired", 0, 1)])
    assert (len(progress.unkept), progress.unkept_of(1)) == (MAX_UNKEPT, ())


def test_a_checkpoint_beyond_the_plan_starts_over():
    """Nothing would be sent, and the delivery count as delivered."""
    engine, one = Engine(), delivery(checkpoint=3)
    with pytest.raises(RetryableError, match="checkpoint-beyond-plan"):
        method(engine).deliver(one, Source(batch(0), batch(1)))
    assert (engine.sent, one.progress.checkpoint, one.progress.discarded) == ([], 0, "checkpoint-beyond-plan")
    next_one = resumed(one.progress)
    method(engine).deliver(next_one, Source(batch(0), batch(1)))
    assert [sent.index for sent in engine.sent] == [0, 1]


def test_a_checkpoint_at_the_plans_end_is_believed():
    """A delivery that ran out of time behind its last batch would be sent once more."""
    engine, one = Engine(), delivery(checkpoint=2)
    method(engine).deliver(one, Source(batch(0), batch(1)))
    assert (engine.sent, one.progress.checkpoint) == ([], 2)


def test_a_passing_failure_is_repeated_with_growing_pauses():
    """Throttling would be handed over at once, or hammered without a pause."""
    clock = FakeClock()
    engine, one = Engine(RetryableError("throttled"), RetryableError("throttled"), ()), delivery(clock)
    method(engine, clock=clock).deliver(one, Source(batch()))
    assert clock.waits == [1.0, 2.0]
    assert one.progress.checkpoint == 1


@pytest.mark.parametrize(
    "error", [BlockedByCustomerError("destination-denied"), RefusedError("request-refused"), OutOfTimeError("busy")]
)
def test_what_repeating_cannot_mend_is_raised_at_once(error):
    """A refusal would be repeated until the budget is spent."""
    clock = FakeClock()
    engine, one = Engine((), error), delivery(clock)
    with pytest.raises(type(error)):
        method(engine, clock=clock).deliver(one, Source(batch(0), batch(1), batch(2)))
    assert (one.progress.checkpoint, clock.waits, engine.closed) == (1, [], 1)


def test_it_stops_between_batches_when_time_runs_out():
    """The function would be killed in the middle of a batch, and that batch be sent twice."""
    clock = FakeClock()
    engine, one = Engine(on_send=lambda: clock.wait(60.0)), delivery(clock, seconds=150.0)
    with pytest.raises(OutOfTimeError):
        method(engine, clock=clock).deliver(one, Source(*[batch(index) for index in range(5)]))
    assert one.progress.checkpoint == len(engine.sent) == 3


def test_a_spent_budget_sends_nothing():
    """A delivery that has no time left would begin nevertheless."""
    engine, one = Engine(), delivery(seconds=1.0)
    with pytest.raises(OutOfTimeError):
        method(engine).deliver(one, Source(batch()))
    assert engine.sent == []


def test_a_role_that_refuses_costs_no_read():
    """The object would be downloaded for a delivery that can't be made."""
    one = delivery()
    unread = SimpleNamespace(batches=lambda start: pytest.fail("the object was read"))
    with pytest.raises(BlockedByCustomerError):
        method(Engine(), role_chain=RoleChain(BlockedByCustomerError("second-hop-denied"))).deliver(one, unread)


def test_a_session_called_expired_is_renewed():
    """Every attempt would be signed with the same expired session."""
    chain, one = RoleChain(), delivery()
    method(Engine(RetryableError("expired-token"), ()), role_chain=chain).deliver(one, Source(batch()))
    assert (chain.invalidated, one.progress.checkpoint) == (1, 1)


def test_what_precedes_a_defect_of_the_object_is_delivered():
    """The events before a cut would be lost, or the defect be taken for the object's end."""
    engine, one = Engine(), delivery()
    with pytest.raises(CorruptObjectError):
        method(engine).deliver(one, Source(batch(0), batch(1), error=CorruptObjectError("cut-gzip")))
    assert one.progress.checkpoint == 2


OUTCOMES = st.sampled_from([(), (), RetryableError("throttled"), BlockedByCustomerError("denied"), RefusedError("bad")])


@given(st.lists(OUTCOMES, max_size=12), st.integers(1, 5))
def test_attempts_after_any_failures_deliver_each_batch_once(outcomes, count):
    """A checkpoint would skip a batch or repeat one, somewhere in a sequence of failures and resumptions."""
    batches = [batch(index) for index in range(count)]
    engine = Engine(*outcomes)
    checkpoint = 0
    for _ in range(len(outcomes) + 1):
        one = delivery(checkpoint=checkpoint)
        try:
            method(engine, attempts=2).deliver(one, Source(*batches))
        except DeliveryError:
            checkpoint = one.progress.checkpoint
            assert len(engine.sent) == checkpoint
        else:
            break
    assert [sent.index for sent in engine.sent] == list(range(count))


CASES = Path(__file__).parents[4] / "cases" / "cloudwatch_batching.jsonl"
ANSWERS = {
    "ok": (),
    "ServiceUnavailable": RetryableError("unavailable"),
    "InvalidSequenceTokenException": RetryableError("sequence-token"),
}


def known_cases(member):
    rows = map(json.loads, CASES.read_text().splitlines())
    return [pytest.param(row, id=row["id"]) for row in rows if member in row["given"]]


@pytest.mark.parametrize("case", known_cases("put"))
def test_known_sequences_of_answers_end_in_a_delivered_batch(case):
    """A call that another implementation of the same design repeats would fail here."""
    calls, one = [], delivery()
    engine = Engine(*[ANSWERS[answer] for answer in case["given"]["put"]], on_send=lambda: calls.append(1))
    method(engine).deliver(one, Source(batch()))
    assert (len(calls), one.progress.events) == (case["expect"]["put_calls"], case["expect"]["successful"])


@pytest.mark.parametrize("case", known_cases("rejected"))
def test_known_rejections_are_counted_alike(case):
    """Rejected events would count as delivered."""
    sent = case["given"]["events"]
    one = delivery()
    engine = Engine(rejections(case["given"]["rejected"], sent))
    method(engine).deliver(one, Source(batch(0, *[(0, "x")] * sent)))
    assert one.progress.events == case["expect"]["successful"]
    assert one.progress.set_aside.total() == case["expect"]["failed"]
