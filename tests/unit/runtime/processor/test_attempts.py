"""All of an object's deliveries side by side, each on its own."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime import logs
from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import BlockedByCustomerError, CorruptObjectError, OutOfTimeError, PermanentError, RetryableError
from runtime.logs import correlated
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempts import Attempts
from runtime.processor.circuit_breaker import FAILURES_IN_A_ROW, CircuitBreakers
from runtime.processor.delivery_record import Records
from runtime.processor.object_reader import ObjectReader
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    Fault,
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World


class Method:
    """A made-up delivery method: does what the test says, by the config's name."""

    def __init__(self, *, reads_events=False, **does):
        facts = MethodFacts("made", "Made up", Placement.INSIDE, Order.NONE, reads_events, limits=None)
        self.config_model = type("Config", (DeliveryConfig,), {"facts": facts, "__annotations__": {}})
        self.does = does

    def deliver(self, delivery, source):
        self.does[delivery.config.type.partition(":")[2]](delivery, source)


class Closing(Method):
    """Counts how often it is closed; fails where the test says so."""

    def __init__(self, *errors):
        super().__init__()
        self.errors, self.closed = list(errors), 0

    def close(self):
        self.closed += 1
        if self.errors:
            raise self.errors.pop()


def test_every_method_is_closed_also_where_another_cannot_be(world):
    """A producer's threads and connections would outlive their host, or be cut in the middle of a goodbye."""
    broken, other = Closing(RuntimeError("a plug-in's")), Closing()
    reader = ObjectReader(world.clients, RoleChain(world.clients, CENTRAL_ROLE), 1_000_000)
    Attempts({"broken": broken, "other": other}, reader, Records("LogRouter")).close()
    assert (broken.closed, other.closed) == (1, 1)


@pytest.fixture
def world(clients):
    return World(clients)


def made(world, method, breakers=None):
    reader = ObjectReader(world.clients, RoleChain(world.clients, CENTRAL_ROLE), 1_000_000)
    return Attempts({"made": method}, reader, Records("LogRouter"), breakers)


def run(world, method, *names, budget=None, attempts=None):
    attempts = attempts or made(world, method)
    budget = budget or TimeBudget.of_seconds(30, settle_seconds=2)
    source = StoredObject(CENTRAL, ObjectKey.parse(KEY))
    configs = [DeliveryConfig(tenant_id="acme-corp", type=f"made:{name}") for name in names]
    return attempts.run([Delivery(source, config, budget) for config in configs])


def fail(error):
    def deliver(delivery, source):
        raise error

    return deliver


def test_each_attempt_ends_in_its_own_way(world):
    """A sibling that succeeded would be sent twice, or a failure go unseen."""
    retryable, permanent = RetryableError("throttled"), PermanentError("object-gone")
    method = Method(good=lambda delivery, source: None, slow=fail(retryable), gone=fail(permanent))
    ended = run(world, method, "good", "slow", "gone")
    assert [(each.type, each.error) for each in ended] == [
        ("made:good", None),
        ("made:slow", retryable),
        ("made:gone", permanent),
    ]


def test_deliveries_run_side_by_side(world):
    """A slow destination would delay the tenant's others."""
    meet = threading.Barrier(3)
    method = Method(**dict.fromkeys("abc", lambda delivery, source: meet.wait(10)))
    assert [each.error for each in run(world, method, "a", "b", "c")] == [None] * 3


def test_a_bug_in_a_method_is_a_failure_like_any_other(world, caplog):
    """A bug would lose the object, stop its siblings, or write a line of a tenant's log into ours."""
    method = Method(bad=fail(ZeroDivisionError("secret line")), good=lambda delivery, source: None)
    bad, good = run(world, method, "bad", "good")
    assert (type(bad.error), bad.error.reason) == (RetryableError, "unexpected")
    assert good.error is None
    assert "ZeroDivisionError" in bad.error.detail
    assert "secret line" not in bad.error.detail + str([record.__dict__ for record in caplog.records])


def test_nobody_waits_for_a_call_that_hangs(world):
    """One hanging destination would let the function time out, and all siblings be sent again."""
    release = threading.Event()
    method = Method(hangs=lambda delivery, source: release.wait(30), good=lambda delivery, source: None)
    hangs, good = run(world, method, "hangs", "good", budget=TimeBudget.of_seconds(0.05, settle_seconds=0.1))
    release.set()
    assert (hangs.error.reason, good.error) == ("hung", None)


def test_what_was_not_begun_in_time_is_out_of_time(world, monkeypatch):
    """A delivery without a free thread would be settled without having been tried."""
    monkeypatch.setattr("runtime.processor.attempts.THREADS", 1)
    release = threading.Event()
    method = Method(reads_events=True, hangs=lambda delivery, source: release.wait(30), late=fail(AssertionError()))
    _, late = run(world, method, "hangs", "late", budget=TimeBudget.of_seconds(0.05, settle_seconds=0.1))
    release.set()
    assert isinstance(late.error, OutOfTimeError)


def test_all_that_want_events_share_one_read(world, capsys):
    """The object would be downloaded once a destination."""
    world.put_object(data=gzip.compress(b'{"timestamp":"2026-01-01T00:00:00Z","message":"a"}\nnot json\n'))
    got = {}

    def take(delivery, source):
        got[delivery.config.type] = [len(batch) for batch in source.batches(0)]

    run(world, Method(reads_events=True, a=take, b=take), "a", "b")
    assert sum(got["made:a"]) == 2
    assert got["made:a"] == got["made:b"]
    assert world.clients.count()["GetObject"] == 1
    (line,) = emf(capsys)
    assert (line["InvalidJson"], line["message"]) == (1, "read")


def test_an_object_that_nobody_reads_is_not_downloaded(world):
    """A server-side copy would cost a download."""
    run(world, Method(a=lambda delivery, source: None), "a")
    assert not world.clients.calls


def test_the_object_is_read_as_the_central_role_for_its_tenant(world):
    """The execution role, which may not read the bucket, would be refused."""
    world.put_object()
    run(world, Method(reads_events=True, a=lambda delivery, source: list(source.batches(0))), "a")
    assert [name for name, *_ in world.clients.calls] == ["AssumeRole", "GetObject"]
    assert world.clients.calls[1][2] is not None


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (Fault("NoSuchKey", 404), PermanentError, "object-gone"),
        (Fault("AccessDenied", 403), RetryableError, "source-denied"),
        (Fault("SlowDown", 503), RetryableError, "throttled"),
    ],
)
def test_an_object_that_cannot_be_opened_has_its_class(world, fault, kind, reason, monkeypatch):
    """An expired object would be tried for a day, or a throttled read lose it."""
    world.put_object()
    world.clients.faults["GetObject"] = fault
    (ended,) = run(world, Method(reads_events=True, a=lambda delivery, source: list(source.batches(0))), "a")
    assert (type(ended.error), ended.error.reason) == (kind, reason)


def test_an_expired_reading_session_is_renewed(world):
    """Reading would fail until the cached session ends."""
    world.put_object()
    world.clients.faults["GetObject"] = Fault("ExpiredToken", times=1)
    (ended,) = run(world, Method(reads_events=True, a=lambda delivery, source: list(source.batches(0))), "a")
    assert ended.error is None
    assert len({signer for name, _, signer in world.clients.calls if name == "GetObject"}) == 2


def test_a_corrupt_object_is_told_to_each_reader(world):
    """A delivery would take the end of the readable part for the end of the object."""
    world.put_object(data=b"not gzip")
    method = Method(reads_events=True, **dict.fromkeys("ab", lambda delivery, source: list(source.batches(0))))
    assert [type(each.error) for each in run(world, method, "a", "b")] == [CorruptObjectError] * 2


def test_nothing_to_deliver_is_nothing(world):
    """An object that no config wants would cost a thread."""
    assert run(world, Method()) == []


def test_progress_is_the_deliverys_own():
    """Two deliveries would share a checkpoint."""
    source = StoredObject(CENTRAL, ObjectKey.parse(KEY))
    config = DeliveryConfig(tenant_id="a", type="made")
    first, second = (Delivery(source, config, TimeBudget.of_seconds(1)) for _ in range(2))
    first.progress.checkpoint = 3
    assert second.progress == DeliveryProgress()


def test_a_methods_log_lines_carry_the_id_of_what_is_at_work(world):
    """A delivery's line could not be traced to its object."""
    seen = []
    with correlated("object-1"):
        run(world, Method(a=lambda delivery, source: seen.append(logs._correlation.get())), "a")
    assert seen == ["object-1"]


def test_more_destinations_than_threads_take_turns(world, monkeypatch):
    """A tenant with many log groups would take as many threads, for each of its objects."""
    monkeypatch.setattr("runtime.processor.attempts.OBJECT_THREADS", 3)
    at_once, most, lock = [0], [0], threading.Lock()

    def deliver(delivery, source):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        with lock:
            at_once[0] -= 1

    names = [f"to-{number}" for number in range(40)]
    assert [each.error for each in run(world, Method(**dict.fromkeys(names, deliver)), *names)] == [None] * 40
    assert most[0] <= 3


def test_destinations_that_take_turns_share_reads(world, monkeypatch):
    """An object for 64 log groups was read and decoded over thirty times, with a read's memory each."""
    monkeypatch.setattr("runtime.processor.attempts.OBJECT_THREADS", 8)
    reads, everyone = [], threading.Barrier(8)

    def batches(self, object_, budget, stats):
        reads.append(object_)
        yield from ()

    def deliver(delivery, source):
        everyone.wait(30)
        assert list(source.batches(0)) == []

    monkeypatch.setattr(ObjectReader, "batches", batches)
    names = [f"to-{number}" for number in range(32)]
    ended = run(world, Method(reads_events=True, **dict.fromkeys(names, deliver)), *names)
    assert [each.error for each in ended] == [None] * 32
    assert len(reads) <= 7


def test_a_hang_of_the_central_bucket_is_not_blamed_on_the_destination(world, monkeypatch):
    """The circuit of every destination would open for an outage of our own bucket."""
    release = threading.Event()

    def hang(self, object_, budget, stats):
        release.wait(30)
        yield from ()

    monkeypatch.setattr(ObjectReader, "batches", hang)
    budget = TimeBudget.of_seconds(0.05, settle_seconds=0.1)
    method = Method(reads_events=True, a=lambda delivery, source: list(source.batches(0)))
    (ended,) = run(world, method, "a", budget=budget)
    release.set()
    assert (ended.error.reason, ended.error.call.hop) == ("hung", "SOURCE")
    sends = Method(a=lambda delivery, source: release.wait(30))
    release.clear()
    (ended,) = run(world, sends, "a", budget=TimeBudget.of_seconds(0.05, settle_seconds=0.1))
    release.set()
    assert (ended.error.reason, ended.error.call.hop) == ("hung", "DESTINATION")


def test_a_probe_whose_attempt_cannot_begin_lets_the_next_one_through(world, monkeypatch):
    """An error between the mark and the attempt would leave the circuit open for good."""
    breakers = CircuitBreakers(Records("LogRouter"), failures=1)
    config = DeliveryConfig(tenant_id="acme-corp", type="made:a")
    failure = BlockedByCustomerError("no-such-bucket")
    breakers.ended(config, failure)
    monkeypatch.setattr(breakers, "_clock", lambda: time.monotonic() + 1000)
    attempts = made(world, Method(a=lambda delivery, source: None), breakers)
    monkeypatch.setattr(attempts._reader, "open", fail(RuntimeError()))
    with pytest.raises(RuntimeError):
        run(world, None, "a", attempts=attempts)
    assert breakers.refuses(config) is None


def test_an_object_whose_deliveries_hang_gives_its_place_to_another(world, monkeypatch):
    """So many objects of a hanging destination as are read at once would hold up everyone else's."""
    monkeypatch.setattr("runtime.processor.attempts.OBJECTS_AT_ONCE", 1)
    release, begun = threading.Event(), threading.Event()

    def hang(delivery, source):
        begun.set()
        release.wait(30)

    attempts = made(world, Method(hangs=hang, good=lambda delivery, source: None))
    with ThreadPoolExecutor(1) as other:
        hanging = other.submit(run, world, None, "hangs", attempts=attempts)
        assert begun.wait(10)
        (good,) = run(world, None, "good", attempts=attempts)
        assert (good.error, hanging.done()) == (None, False)
        release.set()


def test_what_a_method_raises_is_the_destinations_and_opens_its_circuit(world):
    """Nine 503s of a plug-in's destination were twenty-seven requests: nobody had said whose failure they were."""
    asked = []

    def fails(delivery, source):
        asked.append(delivery)
        raise RetryableError("unavailable", "POST: 503")

    method = Method(a=fails)
    attempts = made(world, method)
    for _ in range(9):
        (ended,) = run(world, method, "a", attempts=attempts)
    assert len(asked) == FAILURES_IN_A_ROW
    assert (ended.error.reason, ended.error.call.hop) == ("circuit-open", "DESTINATION")


def test_a_read_that_fails_opens_no_circuit(world):
    """Every destination of a tenant would be closed for a fault of our own bucket."""
    world.put_object()
    world.clients.faults["GetObject"] = Fault("AccessDenied", 403)
    method = Method(reads_events=True, a=lambda delivery, source: list(source.batches(0)))
    attempts = made(world, method)
    for _ in range(9):
        (ended,) = run(world, method, "a", attempts=attempts)
    assert (ended.error.reason, ended.error.call.hop) == ("source-denied", "SOURCE")
