"""Queue, table and destination in memory, under a clock that a test moves, around the real processor and resumer.

Each call from the processor to the outside may crash the process, before or after it took effect. What a crash leaves
is what a killed process leaves: the queue, the table, and what the destination has acknowledged.
"""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import ClassVar

from runtime.backoff import Backoff
from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import TenantConfigs
from runtime.delivery_state.destination_status import DestinationStatus
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError, FailedCall, OutOfTimeError, RetryableError
from runtime.messages.hand_over import HandOver, Schedule
from runtime.messages.queue_message import QueueMessage
from runtime.processor.attempts import Attempts
from runtime.processor.circuit_breaker import CircuitBreakers
from runtime.processor.delivery_record import Records
from runtime.processor.object_deliveries import ObjectDeliveries
from runtime.processor.pipeline import DeduplicationCache, MessageProcessor
from runtime.processor.settlement import Settlement
from runtime.rate_limit import RateLimiter
from runtime.resumption.resumer import Resumer
from runtime.time_budget import TimeBudget

BUCKET, TENANT = "central-logs", "acme-corp"
TYPES = ("s3", "s3:eu")
BATCHES = 4  # of each object
SCHEDULE_SECONDS = 86_400.0


class CrashError(BaseException):
    """The process is killed here."""


@dataclass
class Message:
    """One message of a queue."""

    body: str
    visible_at: float
    number: int
    gone: bool = False
    acknowledged: set = field(default_factory=set)  # (key, type, batch), by work on this message

    def is_notification(self):
        return '"Records"' in self.body


@dataclass
class Outside:
    """Everything that isn't the process."""

    now: float = 1_000_000.0
    messages: list[Message] = field(default_factory=list)
    parked: dict = field(default_factory=dict)
    statuses: dict = field(default_factory=dict)
    acknowledged: Counter = field(default_factory=Counter)
    configs: set = field(default_factory=lambda: set(TYPES))
    script: list = field(default_factory=list)  # what the destination does with the next batches
    down: set = field(default_factory=set)  # "queue", "table", "configs"
    crash_in: int = -1  # calls until the process is killed; -1: it isn't
    crash_after: bool = False
    at_work: Message | None = None
    answered: list = field(default_factory=list)  # batches acknowledged since the message at work was received
    may_double: int = 0  # batches that may arrive once more, after all that has happened (docs/reliability.md)

    def clock(self):
        return self.now

    def call(self, effect, what=""):
        """Make a call to the outside."""
        if what in self.down:
            raise OSError(what)
        dies = self.crash_in == 0
        self.crash_in = max(-1, self.crash_in - 1)
        if dies and not self.crash_after:
            raise CrashError
        answer = effect()
        if dies:
            raise CrashError
        return answer

    def arrives(self, batch, *, answered):
        """Let a batch arrive; whether the process gets to know it or not."""
        self.acknowledged[batch] += 1
        self.at_work.acknowledged.add(batch)
        if answered:
            self.answered.append(batch)
        else:
            self.may_double += 1

    def was_killed(self, message):
        """Account for what a killed process leaves: its message half done, and no memory of those that came back."""
        self.may_double += BATCHES * (len(TYPES) if message.is_notification() else 1)
        self.may_double += sum(len(one.acknowledged) for one in self.messages if not one.gone and one is not message)

    def came_back(self):
        """Account for a message that couldn't even be handed over: what didn't end begins again where it began."""
        ended = {batch[:2] for batch in self.answered if batch[2] == BATCHES - 1}
        self.may_double += sum(batch[:2] not in ended for batch in self.answered)

    # the queue

    def send_message(self, *, QueueUrl, MessageBody, DelaySeconds=0, MessageGroupId=""):  # noqa: N803 - boto's names
        assert MessageGroupId == TENANT
        self.call(lambda: self.put(MessageBody, self.now + DelaySeconds), "queue")

    def put(self, body, visible_at=0.0):
        self.messages.append(Message(body, visible_at, len(self.messages)))

    def visible(self):
        return [message for message in self.messages if not message.gone and message.visible_at <= self.now]

    # the configs

    def fetch_tenant(self, tenant_id, *, refresh=False):
        def read():
            return TenantConfigs(
                tenant_id,
                tuple(
                    S3Config(tenant_id=TENANT, type=type_, bucket_name="acme-bucket") for type_ in sorted(self.configs)
                ),
            )

        return self.call(read, "configs")


class Destination:
    """A delivery method whose destination does what the script says; afterwards everything works."""

    config_model: ClassVar[type[DeliveryConfig]] = S3Config

    def __init__(self, outside):
        self.outside = outside

    def deliver(self, delivery, source):
        for batch in range(delivery.progress.checkpoint, BATCHES):
            self._send((delivery.object.key.key, delivery.config.type, batch))
            delivery.progress.checkpoint = batch + 1

    def _send(self, batch):
        outside = self.outside
        does = outside.script.pop(0) if outside.script else "acknowledge"
        error = {
            "throttle": RetryableError("throttled"),
            "refuse": BlockedByCustomerError("destination-denied"),
            "lose-the-answer": RetryableError("timeout"),
            "run-out-of-time": OutOfTimeError("out-of-time"),
        }.get(does)
        if does in ("acknowledge", "lose-the-answer"):
            outside.call(lambda: outside.arrives(batch, answered=does == "acknowledge"))
        if error:
            error.call = FailedCall("DESTINATION", "logs:PutLogEvents")
            raise error


class Table:
    """The parked deliveries, with the conditions of the real table."""

    def __init__(self, outside):
        self.outside = outside

    def park(self, parked, due_at):
        def write():
            self.outside.parked[parked.key()["delivery"]] = (parked, None)
            Statuses(self.outside).parked(parked.message.tenant_id, parked.message.type, due_at)

        self.outside.call(write, "table")

    def next_in_order(self, tenant_id, type_, *, limit):
        found = [parked for parked, _ in self.outside.parked.values() if parked.message.type == type_]
        return self.outside.call(lambda: sorted(found, key=ParkedDelivery.resume_order)[:limit], "table")

    def has_any(self, tenant_id, type_):
        return bool(self.next_in_order(tenant_id, type_, limit=1))

    def claim(self, parked, now):
        def take():
            held = self._same(parked)
            if held is None or (held[1] is not None and held[1] > now - 900):
                return False
            self.outside.parked[parked.key()["delivery"]] = (held[0], now)
            return True

        return self.outside.call(take, "table")

    def remove(self, parked):
        def drop():
            if self._same(parked) is None:
                return False
            del self.outside.parked[parked.key()["delivery"]]
            return True

        return self.outside.call(drop, "table")

    def _same(self, parked):
        held = self.outside.parked.get(parked.key()["delivery"])
        return held if held and held[0].parking_id == parked.parking_id else None


class Statuses:
    """The destinations' statuses, with the conditions of the real table."""

    def __init__(self, outside):
        self.outside = outside

    def of(self, tenant_id, type_):
        return self.outside.statuses.get(type_, DestinationStatus(tenant_id, type_))

    def delivered(self, tenant_id, type_, lag_seconds, *, recovered):
        self._set(self.of(tenant_id, type_), last_success_at=self.outside.now)

    def failed(self, tenant_id, type_, error, *, probed):
        self._set(self.of(tenant_id, type_), last_failure_at=self.outside.now)

    def parked(self, tenant_id, type_, due_at):
        status = self.of(tenant_id, type_)
        due_at = due_at if status.due_at is None else status.due_at
        self._set(status, due_at=due_at, parkings=status.parkings + 1)

    def due(self):
        return [
            one for one in self.outside.statuses.values() if one.due_at is not None and one.due_at <= self.outside.now
        ]

    def reschedule(self, status, due_at, *, probed=False, healthy=False):
        if self.of(status.tenant_id, status.type).due_at != status.due_at:
            return False
        changes = {"due_at": due_at}
        if probed:
            changes |= {"probe_sent_at": self.outside.now, "probes": status.probes + 1}
        if healthy:
            changes["probes"] = 0
        self.outside.call(lambda: self._set(self.of(status.tenant_id, status.type), **changes), "table")
        return True

    def expedite(self, tenant_id, type_):
        status = self.of(tenant_id, type_)
        if status.due_at is not None:
            self._set(status, due_at=self.outside.now, probes=0)
        return status.due_at is not None

    def clear(self, status):
        now = self.of(status.tenant_id, status.type)
        if now.parkings != status.parkings:
            return False
        self.outside.call(lambda: self._set(now, due_at=None, probes=0), "table")
        return True

    def _set(self, status, **changes):
        self.outside.statuses[status.type] = replace(status, **changes)


class Parking:
    """Parks as the real one does, without asking when the object expires."""

    def __init__(self, outside):
        self.outside = outside

    def park(self, message, object_, error):
        waiting = replace(message, probe=False)
        parked = ParkedDelivery.of(waiting, error, now=self.outside.now, expires_at=None)
        Table(self.outside).park(parked, self.outside.now + 60)


class InTurn(Attempts):
    """Attempts an object's deliveries one after the other: which of them meets what doesn't depend on threads."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self._threads = ThreadPoolExecutor(1)


class NoReader:
    """Opens nothing: the destination of this model reads no events."""

    def open(self, object_, budget):
        return SimpleNamespace(stats=dict)


def hand_over(outside):
    clients = SimpleNamespace(client=lambda _: outside)
    return HandOver(clients, "deliveries", Schedule(SCHEDULE_SECONDS, lambda: 0.5), outside.clock)


def new_process(outside):
    """A processor as a host makes it: it remembers nothing of its predecessor."""
    records = Records("test", write=lambda _: None)
    schedule = Schedule(SCHEDULE_SECONDS, lambda: 0.5)
    hands = hand_over(outside)
    return MessageProcessor(
        BUCKET,
        ObjectDeliveries(
            outside,
            InTurn({"s3": Destination(outside)}, NoReader(), records, CircuitBreakers(records, clock=outside.clock)),
            Settlement(
                records,
                dead_letters=None,
                schedule=schedule,
                hand_over=hands,
                parking=Parking(outside),
                statuses=Statuses(outside),
                clock=outside.clock,
            ),
            records,
        ),
        dead_letters=None,
        records=records,
        hand_over=hands,
        memory=DeduplicationCache(clock=lambda: 0.0),  # what is forgotten after its 15 minutes is another test's
        clock=outside.clock,
    )


def new_resumer(outside):
    def wait(seconds):
        outside.now += seconds

    return Resumer(
        Table(outside),
        Statuses(outside),
        outside,
        hand_over(outside),
        RateLimiter(1000.0, outside.clock, wait),
        delays=Backoff(60, 3600),
        clock=outside.clock,
        wait=wait,
    )


def notification(number):
    """The notification of object ``number``."""
    key = f"tenant_id={TENANT}/cluster_id=c-1/application=etcd/pod_name=p-0/20261123-101500-{number}.json.gz"
    object_ = {"key": key, "size": 7, "eTag": "abc", "sequencer": f"{number:08X}"}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": object_}}
    return key, json.dumps({"Records": [record]})


def receive(outside, process, message):
    """Let a process work on a message as a host does; false if it was killed."""
    message.visible_at = outside.now + 120
    outside.at_work, outside.answered = message, []
    budget = TimeBudget.of_seconds(60.0, outside.clock)
    try:
        settled = process.process(QueueMessage(message.body, str(message.number), str(message.number)), budget)
        if settled:
            outside.call(lambda: setattr(message, "gone", True))
        else:
            outside.came_back()
    except CrashError:
        outside.was_killed(message)
        return False
    return True


def resume(outside):
    """Let the resumer run once, as the function does; it may be killed, or fail: its next run comes."""
    try:
        new_resumer(outside).run(TimeBudget.of_seconds(60.0, outside.clock))
    except CrashError:
        outside.may_double += BATCHES  # of the delivery that was sent and not yet removed
    except OSError:
        pass
