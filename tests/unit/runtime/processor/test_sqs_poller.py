"""The poller: receive, work, keep hidden, delete, stop."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import EndpointConnectionError

from runtime.aws.clients import ATTEMPTS
from runtime.backoff import Backoff
from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor import sqs_poller
from runtime.processor.heartbeat import Heartbeats
from runtime.processor.sqs_poller import QueuePoller, StopSignal
from runtime.processor.visibility import EXTEND_SECONDS, VISIBILITY_SECONDS, Visibility
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification


@pytest.fixture
def world(clients, monkeypatch):
    monkeypatch.setattr(sqs_poller, "IDLE_WAIT_SECONDS", 0)
    monkeypatch.setattr(sqs_poller, "BUSY_WAIT_SECONDS", 0)
    return World(clients)


def send(world, *bodies, queue="objects"):
    for body in bodies:
        world.plain("sqs").send_message(QueueUrl=world.queues[queue], MessageBody=body)


def poller(world, processor=None, *, queue="objects", stop=None, **options):
    made = processor or world.processor()
    return QueuePoller(made, world.clients, world.queues[queue], stop=stop or StopSignal(), **options)


def poll(world, processor=None, **options):
    with ThreadPoolExecutor(4) as threads:
        work_off(poller(world, processor, **options), threads)


def work_off(one, threads):
    one.poll_once(threads)
    while one.busy:
        one.poll_once(threads)


class Says:
    """A processor that says what the test wants, and shows what it was given."""

    def __init__(self, answer=True, during=None):
        self.answer = answer
        self.during = during
        self.seen = []

    def is_ready(self):
        return True

    def process(self, message, budget):
        self.seen.append((message, budget))
        if self.during:
            self.during()
        return self.answer


def test_a_settled_message_is_deleted_in_one_call(world):
    """Every object would be delivered again after the visibility timeout; or each delete be billed alone."""
    world.put_object()
    world.put_config()
    send(world, notification(), notification(), notification())
    poll(world)
    assert world.messages("objects") == []
    assert len(world.copies()) == 1
    assert 1 <= world.clients.count()["DeleteMessageBatch"] <= 3
    assert "ChangeMessageVisibilityBatch" not in world.clients.count()


def test_what_is_not_settled_stays(world):
    """A message that could not be settled would be deleted."""
    send(world, "a", "b")
    poll(world, Says(answer=False))
    assert len(world.messages("objects")) == 2
    assert "DeleteMessageBatch" not in world.clients.count()


def test_the_delivery_queue_is_worked_off_alike_and_early_messages_wait_visibly_delayed(world):
    """An early message would be in flight for as long as it waits, and SQS stops at 120,000 of them."""
    world.put_object()
    world.put_config()
    early = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", not_before=time.time() + 2000)
    due = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", first_attempt_at=time.time())
    send(world, early.write(), due.write(), queue="deliveries")
    poll(world, queue="deliveries")
    (left,) = world.messages("deliveries")
    assert left.body == early.write()
    assert 800 < left.delayed_until / 1000 - time.time() <= 900
    assert world.copies()


def test_messages_at_work_are_kept_hidden():
    """A slow object would be delivered by a second poller at the same time."""
    now, seen = [100.0], []

    class Clients:
        def call(self, service, operation, request):
            assert (service, operation) == ("sqs", "ChangeMessageVisibilityBatch")
            seen.append([(each["ReceiptHandle"], each["VisibilityTimeout"]) for each in request["Entries"]])

    visibility = Visibility(Clients(), "url", clock=lambda: now[0])
    visibility.add("abc")
    visibility.extend()
    assert seen == []
    visibility.release(["b"])
    now[0] += EXTEND_SECONDS
    visibility.add("defghijklm")
    visibility.extend()
    visibility.extend()
    assert seen == [[(handle, VISIBILITY_SECONDS) for handle in "ac"]]
    now[0] += EXTEND_SECONDS
    visibility.extend()
    assert [len(each) for each in seen] == [2, 10, 2]
    assert EXTEND_SECONDS < VISIBILITY_SECONDS / 2


@pytest.mark.parametrize("fault", [None, Fault("InternalError", 500)])
def test_visibility_is_extended_again_while_a_message_is_at_work(world, monkeypatch, fault):
    """A message that takes longer than the timeout would be received twice, or a hiccup of SQS abandon it."""
    monkeypatch.setattr("runtime.processor.visibility.EXTEND_SECONDS", 0.0)
    send(world, "a")
    extended = threading.Event()

    def seen(*_):
        if world.clients.count()["ChangeMessageVisibilityBatch"] >= 2:
            extended.set()

    if fault:
        world.clients.faults["ChangeMessageVisibilityBatch"] = fault
    world.clients.transport.listeners.append(seen)
    poll(world, Says(during=lambda: extended.wait(10)))
    assert extended.is_set()
    assert world.messages("objects") == []


@pytest.mark.parametrize("fault", [Fault("InternalError", 500), Fault(error=EndpointConnectionError(endpoint_url="x"))])
def test_a_delete_that_fails_is_at_worst_a_repetition(world, fault):
    """An outage of SQS would end the poller."""
    send(world, "a")
    world.clients.faults["DeleteMessageBatch"] = fault
    poll(world, Says())
    assert len(world.messages("objects")) == 1


def test_a_message_that_cannot_be_settled_comes_back_ever_later():
    """Ten minutes in which nothing can be handed over would use up its receives, and a person have to redrive it."""
    seen = {}

    class Clients:
        def call(self, service, operation, request):
            seen.update({each["ReceiptHandle"]: each["VisibilityTimeout"] for each in request["Entries"]})
            assert len(request["Entries"]) <= 10

    visibility = Visibility(Clients(), "url", clock=lambda: 0.0)
    receives = {"once": 1, "twice": 2, "often": 20, **{f"m{number}": 3 for number in range(12)}}
    visibility.add(receives)
    visibility.put_back(receives)
    assert "once" not in seen
    assert (seen["twice"], seen["m1"], seen["often"]) == (360, 1080, 21600)
    assert len(seen) == 14
    assert sum(VISIBILITY_SECONDS * 3**number for number in range(5)) > 4 * 3600


def test_a_settled_message_stays_hidden_until_it_can_be_deleted(world, monkeypatch):
    """It would come back, be counted as received, and at last lie in the dead-letter queue though it is delivered."""
    monkeypatch.setattr("runtime.processor.visibility.EXTEND_SECONDS", 0.0)
    monkeypatch.setattr("runtime.processor.deletion.PAUSES", Backoff(0, 0))
    send(world, "a")
    world.clients.faults["DeleteMessageBatch"] = Fault("AccessDenied", 403)
    one = poller(world, Says())
    with ThreadPoolExecutor(1) as threads:
        work_off(one, threads)
        one.poll_once(threads)
        assert world.clients.count()["ChangeMessageVisibilityBatch"] >= 2
        assert len(world.messages("objects")) == 1
        del world.clients.faults["DeleteMessageBatch"]
        one.poll_once(threads)
    assert world.messages("objects") == []


def test_a_poller_ends_though_it_cannot_delete(world):
    """SIGTERM would wait for an outage of SQS."""
    now = [1000.0]
    stop = StopSignal(clock=lambda: now[0])
    send(world, "a")
    world.clients.faults["DeleteMessageBatch"] = Fault("AccessDenied", 403)
    one = poller(world, Says(), stop=stop)
    with ThreadPoolExecutor(1) as threads:
        work_off(one, threads)
        now[0] = -sqs_poller.GRACE_SECONDS  # the deadline is past on the clock of the host
        stop.set()
        one.run(threads)
    assert len(world.messages("objects")) == 1


def test_a_queue_that_is_down_is_asked_ever_more_slowly(world):
    """An outage of SQS would be hammered, or end the poller."""
    pauses = []

    class Stop(StopSignal):
        def wait(self, seconds):
            pauses.append(seconds)
            return False

    world.clients.faults["ReceiveMessage"] = Fault("ServiceUnavailable", 503, times=8 * ATTEMPTS["sqs"])
    one = poller(world, Says(), stop=Stop(), pauses=Backoff(2, 60, lambda _, longest: longest))
    with ThreadPoolExecutor(1) as threads:
        for _ in range(9):
            one.poll_once(threads)
        assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
        world.clients.faults["ReceiveMessage"].times = ATTEMPTS["sqs"]
        one.poll_once(threads)
    assert pauses[-1] == 2


def test_the_heartbeat_says_that_the_loop_is_alive(world, tmp_path):
    """A poller whose loop is stuck would pass its probe for ever."""
    file = tmp_path / "heartbeat"
    poll(world, Says(), heartbeats=Heartbeats(file))
    assert file.exists()


def test_a_heartbeat_that_cannot_be_written_does_not_stop_the_work(world, tmp_path):
    """A full disk would end the poller in the middle of its messages."""
    send(world, "a")
    poll(world, Says(), heartbeats=Heartbeats(tmp_path / "missing" / "heartbeat"))
    assert world.messages("objects") == []


def test_after_a_stop_nothing_is_begun_and_running_work_gets_the_grace(world):
    """SIGTERM would be followed by a kill in the middle of deliveries, which would all be sent again."""
    now = [1000.0]
    stop = StopSignal(clock=lambda: now[0])
    assert stop.deadline() == float("inf")
    says = Says(during=stop.set)
    send(world, *"abc")
    with ThreadPoolExecutor(1) as threads:  # one at a time: the first one's stop is seen by the others
        work_off(poller(world, says, stop=stop), threads)
    assert stop.deadline() == 1000.0 + sqs_poller.GRACE_SECONDS
    assert len(says.seen) == 1
    assert len(world.messages("objects")) == 2
    now[0] = 2000.0
    stop.set()
    assert stop.deadline() == 1000.0 + sqs_poller.GRACE_SECONDS


def test_a_running_budget_ends_with_the_grace(world):
    """A long delivery would run into the kill instead of handing over."""
    stop = StopSignal()
    says = Says()
    send(world, "a")
    poll(world, says, stop=stop)
    ((_, budget),) = says.seen
    assert budget.remaining() > 500
    stop.set()
    assert budget.remaining() <= sqs_poller.GRACE_SECONDS
    assert budget.settle_seconds > 0


def test_nothing_is_begun_once_the_time_is_spent(world, monkeypatch):
    """A message would be worked on beyond the time its host still has, be killed, and be handed over again."""
    world.put_object()
    world.put_config()
    monkeypatch.setattr(sqs_poller, "OBJECT_SECONDS", 0.0)
    send(world, notification())
    poll(world)
    assert len(world.messages("objects")) == 1
    assert (world.copies(), world.handed_over()) == ([], [])


def test_every_queue_has_its_loops_and_all_end_with_the_stop(world):
    """Retries would take the place of new objects, or a loop outlive the process's end."""
    stop = StopSignal()
    both = {world.queues["objects"], world.queues["deliveries"]}
    asked = set()

    def watch(_url, _headers, body):
        asked.add(json.loads(body)["QueueUrl"])
        if asked == both:
            stop.set()

    world.clients.transport.listeners.append(watch)
    sqs_poller.run(Says(), world.clients, [*both, *both], stop=stop)
    assert asked == both


def test_a_loop_that_dies_ends_the_others_and_the_process_says_so(world, monkeypatch):
    """A half-dead poller would go on passing its probe; or its end look like an orderly one."""

    class Broken(QueuePoller):
        def poll_once(self, threads):
            raise MemoryError

    assert sqs_poller.run(Says(), world.clients, ["a", "b"], stop=stopped())
    monkeypatch.setattr(sqs_poller, "QueuePoller", Broken)
    assert not sqs_poller.run(Says(), world.clients, ["a", "b"], stop=StopSignal())


def stopped():
    stop = StopSignal()
    stop.set()
    return stop


def test_the_heartbeat_is_the_stalest_loops(tmp_path, monkeypatch):
    """One loop that is stuck would be hidden by another that is alive."""
    now = [1000.0]
    monkeypatch.setattr("runtime.scheduling.now", lambda: now[0])
    beats = Heartbeats(tmp_path / "heartbeat")
    beats.beat("objects")
    beats.beat("deliveries")
    now[0] += 500
    beats.beat("objects")
    assert (tmp_path / "heartbeat").stat().st_mtime == 1000.0
    beats.beat("deliveries")
    assert (tmp_path / "heartbeat").stat().st_mtime == 1500.0


def test_a_message_that_hangs_holds_up_no_other(world):
    """What was received with a hanging message, and all that comes after, would wait for it."""
    release, others = threading.Event(), threading.Semaphore(0)

    class Hangs(Says):
        def process(self, message, budget):
            if message.body == "hangs":
                return release.wait(30)
            others.release()
            return True

    one = poller(world, Hangs())
    with ThreadPoolExecutor(4) as threads:
        send(world, "hangs", "a")
        one.poll_once(threads)
        for number in range(3):
            send(world, f"later-{number}")
            one.poll_once(threads)
        assert all(others.acquire(timeout=10) for _ in range(4))
        while len(world.messages("objects")) > 1:
            one.poll_once(threads)
        assert one.busy
        release.set()
        work_off(one, threads)
    assert world.messages("objects") == []


def test_nothing_is_received_while_nothing_can_be_begun(world):
    """An outage of our own table would use up every message's receives, and all end in the dead-letter queue."""

    class NotReady(Says):
        ready = False

        def is_ready(self):
            return self.ready

    class Stop(StopSignal):
        def wait(self, seconds):
            return False

    send(world, "a")
    says = NotReady()
    one = poller(world, says, stop=Stop())
    with ThreadPoolExecutor(1) as threads:
        for _ in range(50):
            one.poll_once(threads)
        assert world.clients.count()["ReceiveMessage"] == 0
        says.ready = True
        work_off(one, threads)
    assert world.messages("objects") == []
