"""A planned batch as requests, with a made-up destination: what is cut, repeated, halved, set aside or blamed."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.backoff import Retry
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED, EventRequest, Rejection, Verdicts
from runtime.deliveries.method import SEAM_VERSION, Delivery, DeliveryProgress
from runtime.deliveries.requests import MAX_EXTRA_REQUESTS, cut
from runtime.delivery_config.facts import MethodFacts, Order, Placement, RequestLimits
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import (
    BlockedByCustomerError,
    OutOfRequestsError,
    RequestRefusedError,
    RequestTooLargeError,
    RetryableError,
)
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.cloudwatch.doubles import KEY, NOW, NOW_MS, FakeClock, Kept, Source, full_pause

LIMITS = RequestLimits(events=4, bytes=60, event_bytes=40, overhead_bytes=2)


class Config(DeliveryConfig):
    facts = MethodFacts("made", "Made up", Placement.INSIDE, Order.NONE, reads_events=True, limits=LIMITS)
    url: str = "https://one.example"


class Method(EventMethod):
    """Sends to a function of the test's."""

    seam = SEAM_VERSION
    config_model = Config

    def __init__(self, answer, kept=None, clock=None):
        retry = Retry(attempts=4, first=1.0, longest=4.0, wait=(clock or FakeClock()).wait, jitter=full_pause)
        super().__init__(SimpleNamespace(), set_aside=kept or Kept(), retry=retry, now=lambda: NOW)
        self.answer, self.closed = answer, 0

    def open(self, delivery):
        return SimpleNamespace(send=self.answer, close=self._close)

    def _close(self):
        self.closed += 1


def texts(request):
    return [literal.decode().strip('"') for literal in request.batch.literals]


def events(*names, index=0):
    return Batch(index, [NOW_MS] * len(names), [f'"{name}"'.encode() for name in names], list(map(len, names)))


def made(progress=None, clock=None, **fields):
    object_ = StoredObject("central", ObjectKey.parse(KEY), "0cc1")
    config = Config(tenant_id="acme-corp", type="made", target_region="us-east-1", **fields)
    return Delivery(object_, config, TimeBudget.of_seconds(300, clock or FakeClock()), progress or DeliveryProgress())


class Destination:
    """Accepts what the test says it accepts; remembers each request and each event it has taken."""

    def __init__(self, judge=lambda names: None):
        self.judge, self.requests, self.taken = judge, [], []

    def __call__(self, request):
        names = texts(request)
        self.requests.append(names)
        answer = self.judge(names)
        if isinstance(answer, Exception):
            raise answer
        verdicts = answer or DELIVERED
        out = {*verdicts.retry, *(each for one in verdicts.refused for each in one.positions)}
        self.taken += [name for index, name in enumerate(names) if index not in out]
        return verdicts


def deliver(destination, *batches, kept=None, progress=None):
    one, kept = made(progress), kept or Kept()
    Method(destination, kept).deliver(one, Source(*batches))
    return one.progress, kept


def letters(count):
    return [f"{number:04}" for number in range(count)]


@given(st.lists(st.integers(0, 36), min_size=1, max_size=40))
def test_requests_are_whole_in_order_and_within_the_limits(sizes):
    """A request over the destination's limits would be refused, or an event be left out between two of them."""
    batch = events(*["x" * size for size in sizes])
    pieces = list(cut(batch, LIMITS))
    assert [position for piece in pieces for position in piece] == list(range(len(batch)))
    for piece in pieces:
        assert 0 < len(piece) <= LIMITS.events
        assert sum(len(batch.literals[position]) + LIMITS.overhead_bytes for position in piece) <= LIMITS.bytes


def test_a_batch_is_acknowledged_when_each_of_its_requests_is():
    """Events of a request that failed would be behind the checkpoint: lost."""
    failing = Destination(lambda names: BlockedByCustomerError("denied") if names[0] == "0004" else None)
    one = made()
    with pytest.raises(BlockedByCustomerError):
        Method(failing).deliver(one, Source(events(*letters(6))))
    assert (failing.taken, one.progress.checkpoint) == (letters(4), 0)
    progress, _ = deliver(Destination(), events(*letters(6)), events("last", index=1))
    assert (progress.checkpoint, progress.events, progress.bytes) == (2, 7, 28)


def test_empty_events_are_events_like_any_other():
    """A line without text would be missing at a destination that takes it, or where it is refused."""
    destination = Destination(lambda names: Verdicts(refused=[Rejection("no-text", [names.index("")])]))
    progress, kept = deliver(destination, events("a", "", "b"))
    assert (destination.taken, progress.left_out) == (["a", "b"], 0)
    assert kept.events == [(0, "no-text", b'""')]


def test_only_the_rest_is_sent_again():
    """Each throttled event would double those that were taken with it."""
    answers = [Verdicts(retry=[1, 3], error=RetryableError("throttled")), Verdicts(retry=[1]), None]
    destination = Destination(lambda names: answers.pop(0))
    progress, _ = deliver(destination, events("a", "b", "c", "d"))
    assert destination.requests == [["a", "b", "c", "d"], ["b", "d"], ["d"]]
    assert (destination.taken, progress.checkpoint, progress.events) == (["a", "c", "b", "d"], 1, 4)


def test_refused_events_are_set_aside_with_their_reason_and_counted():
    """They would fail the batch for ever, or vanish."""
    refuse = Verdicts(refused=[Rejection("mapping", [0]), Rejection("immense-term", [2])])
    progress, kept = deliver(Destination(lambda names: refuse), events("a", "b", "c"))
    assert kept.events == [(0, "mapping", b'"a"'), (0, "immense-term", b'"c"')]
    assert (progress.events, dict(progress.set_aside)) == (1, {"mapping": 1, "immense-term": 1})


def test_verdicts_of_requests_and_repetitions_name_the_right_events():
    """An event that arrived would be set aside, and the refused one counted as delivered."""

    def judge(names):
        bad = [index for index, name in enumerate(names) if name in {"0001", "0006"}]
        late = [index for index, name in enumerate(names) if name in {"0002", "0007"} and len(names) > 1]
        return Verdicts(retry=late, refused=[Rejection("bad", bad)] if bad else ())

    destination = Destination(judge)
    progress, kept = deliver(destination, events(*letters(8)))
    assert [literal for _, _, literal in kept.events] == [b'"0001"', b'"0006"']
    assert (sorted(destination.taken), progress.events) == ([*letters(8)[:1], *letters(8)[2:6], "0007"], 6)


def test_a_request_that_is_too_large_is_halved_and_an_event_that_is_alone_set_aside():
    """The delivery would be refused for ever."""
    destination = Destination(lambda names: RequestTooLargeError("too-large") if "long" in names else None)
    progress, kept = deliver(destination, events("a", "long", "b", "c"))
    assert destination.requests == [["a", "long", "b", "c"], ["a", "long"], ["a"], ["long"], ["b", "c"]]
    assert (kept.events, progress.events) == ([(0, "event-too-large", b'"long"')], 3)


def test_an_event_that_no_request_has_room_for_is_not_sent_at_all():
    """It would be sent and refused at each attempt."""
    destination = Destination()
    progress, kept = deliver(destination, events("a", "x" * 37, "b"))
    assert (destination.requests, progress.set_aside.total()) == ([["a", "b"]], 1)
    assert [reason for _, reason, _ in kept.events] == ["event-too-large"]


def refusing(*bad):
    return Destination(lambda names: RequestRefusedError("refused") if {*bad} & {*names} else None)


def test_the_event_that_is_refused_is_found_and_set_aside():
    """One bad event would hold up every other one of its tenant."""
    destination = refusing("0002")
    progress, kept = deliver(destination, events(*letters(4)))
    assert (sorted(destination.taken), progress.events) == (["0000", "0001", "0003"], 3)
    assert kept.events == [(0, "refused", b'"0002"')]


def test_two_bad_events_beside_each_other_are_not_taken_for_a_destination_that_refuses_everything():
    """A tenant whose first two lines are bad would be blocked."""
    destination = refusing("0000", "0001")
    progress, kept = deliver(destination, events(*letters(8)))
    assert (sorted(destination.taken), progress.events, len(kept.events)) == (letters(8)[2:], 6, 2)


def test_a_destination_that_refuses_everything_is_blocked_and_nothing_is_set_aside():
    """All of a tenant's log would be set aside as bad for one wrong setting at the other side."""
    destination, kept = Destination(lambda names: RequestRefusedError("refused", "POST: 400")), Kept()
    with pytest.raises(BlockedByCustomerError, match="refuses-everything: each event is refused: POST: 400") as blocked:
        deliver(destination, events(*letters(8)), kept=kept)
    assert (kept.events, destination.taken) == ([], [])
    assert blocked.value.call.hop == "DESTINATION"


def test_one_event_alone_that_is_refused_is_handed_over():
    """Nobody knows whether it is the event or the destination: set aside, it would never be tried again."""
    kept = Kept()
    with pytest.raises(RequestRefusedError):
        deliver(refusing("only"), events("only"), kept=kept)
    assert kept.events == []


def test_the_search_for_refused_events_is_bounded():
    """A batch of bad events would cost the customer thousands of requests at each attempt."""
    destination = refusing(*[name for name in letters(400) if int(name) % 3 == 0])
    with pytest.raises(OutOfRequestsError):
        deliver(destination, events(*letters(400)))
    cut_at_first = -(-400 // LIMITS.events)
    assert len(destination.requests) <= cut_at_first + MAX_EXTRA_REQUESTS


def test_a_destination_that_asks_for_time_gets_it():
    """It would be called again while it has said for how long it takes nothing."""
    clock, answers = FakeClock(), [RetryableError("throttled", retry_after=3.5), None]
    Method(Destination(lambda names: answers.pop(0)), clock=clock).deliver(made(clock=clock), Source(events("a")))
    assert clock.waits == [3.5]
    destination = Destination(lambda names: RetryableError("throttled", retry_after=60))
    with pytest.raises(RetryableError) as handed_over:
        Method(destination, clock=clock).deliver(made(clock=clock), Source(events("a")))
    assert (len(destination.requests), clock.waits, handed_over.value.retry_after) == (1, [3.5], 60)


def test_a_request_has_the_same_id_whenever_the_same_events_go_to_the_same_destination():
    """A receiver that drops what it has had would drop another request, or keep the same one twice."""
    batch = events(*letters(8))
    whole = EventRequest(made(), batch)
    assert whole.id == EventRequest(made(), events(*letters(8), index=3)).id
    assert len(whole.id) == 32
    part = EventRequest(made(), batch.select(range(4)))
    others = {
        part.id,
        EventRequest(made(), batch.select([0, 2, 7]), whole=False).id,
        EventRequest(made(url="https://two.example"), batch).id,
    }
    assert len({whole.id, *others}) == 4


def test_the_rest_of_a_request_is_another_request():
    """A receiver that knows the request's id would drop the events that it has asked for again."""
    seen = []

    def send(request):
        seen.append((request.id, list(request.ids)))
        return Verdicts(retry=[0, 3]) if len(seen) == 1 else DELIVERED

    Method(send).deliver(made(), Source(events("a", "b", "c", "d")))
    assert seen[0][0] != seen[1][0]
    assert seen[1][1] == [seen[0][1][0], seen[0][1][3]]


def test_a_probe_names_the_step_that_failed():
    """Who onboards would have to guess from the logs of another account."""
    services = SimpleNamespace(clients=None, role_chain=None, settings=SimpleNamespace(central_bucket="central"))

    class Refused(Method):
        def open(self, delivery):
            raise BlockedByCustomerError("second-hop-denied", "trust the role")

    def report(class_, answer):
        method = class_(answer)
        method._services = services
        found = method.probe(made().config)
        return method, [(step.name, str(step.outcome), step.reason) for step in found.steps], found

    method, steps, found = report(Method, Destination())
    assert (steps, found.passed, method.closed) == ([("open", "passed", ""), ("send", "passed", "")], True, 1)
    assert found.left.startswith("logrouter/logrouter-test/")
    _, steps, found = report(Refused, Destination())
    assert steps == [("open", "failed", "second-hop-denied"), ("send", "not-reached", "")]
    assert not found.passed
    _, steps, _ = report(Method, Destination(lambda names: Verdicts(refused=[Rejection("mapping", [0])])))
    assert steps[1] == ("send", "failed", "mapping")
    _, steps, _ = report(Method, Destination(lambda names: ValueError("quotes the customer's text")))
    assert steps[1] == ("send", "failed", "unexpected")
