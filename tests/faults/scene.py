"""A kind of fault at work: its tenants, the objects sent to them, what its customers and operators do meanwhile."""

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from statistics import median

from cli.operation.queues import depth
from local.accounting.destinations import bucket_objects
from local.accounting.events import events_of, without_empty
from local.loader.objects import LogObject
from local.loader.writer import put_object
from local.waiting import WaitedTooLongError, wait_until
from tests.faults.call import POD
from tests.faults.endpoint import Endpoint
from tests.faults.ledger import Ledger
from tests.faults.objects import Event, make_object, pod_name, usual_events
from tests.faults.plan import Plan, Rule
from tests.faults.tenants import Place, Tenant

BACKLOG = 8
"""Objects that may wait in the queue: more would only wait there, and hide what a fault delays.

Those that are at work, or hidden since a process was killed that had received them, don't count.
"""

BACKLOG_SECONDS = 300.0
RESUME_EVERY_SECONDS = 3.0
MORE_SECONDS = 45.0
"""Ours: on a machine that is busy otherwise, a kind's share of the time may be over before its objects had a turn."""


class Numbers:
    """Counts objects of the whole run, so that each has a name of its own."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        """Held by the one kind that waits for room in the queue: else all would find the same room, and fill it."""
        self.turn_to_resume = threading.Lock()
        self.resumed_at = 0.0
        self._lock = threading.Lock()
        self._next = 0

    def take(self) -> int:
        """Return the next one."""
        with self._lock:
            self._next += 1
            return self._next


@dataclass(frozen=True, slots=True)
class Phase:
    """Some seconds with or without the fault, from one time to another (monotonic seconds)."""

    since: float
    until: float
    broken: bool


@dataclass(slots=True)
class Scene:
    """One kind's run.

    :param deadline: when it has to end, whatever has been reached (monotonic seconds).
    :param phases: its own measurement, if it makes one. :param batches: of each object. :param crowd: objects of a
        noisy tenant that were sent at once.
    :param more_environment: what a host has more than the deployed one: the proxy, the short schedule.
    :param kept_objects: what a bucket held before its customer deleted it, by tenant.
    :param endpoint: of the first tenant, if it has one. :param error: what ended it before its time.
    """

    place: Place
    plan: Plan
    ledger: Ledger
    kind: str
    tenants: Sequence[Tenant]
    numbers: Numbers
    stop: threading.Event
    deadline: float = math.inf
    phases: list[Phase] = field(default_factory=list)
    batches: int = 2
    crowd: int = 0
    hour_seconds: float = 36.0
    more_environment: dict[str, str] = field(default_factory=dict)
    sent: dict[str, list[LogObject]] = field(default_factory=dict)
    kept_objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    endpoint: Endpoint | None = None
    error: str = ""

    @property
    def tenant(self) -> Tenant:
        """The first of them, which most kinds have alone."""
        return self.tenants[0]

    @property
    def quiet(self) -> Tenant:
        """The last of them, which no fault concerns where the kind has one."""
        return self.tenants[-1]

    @property
    def places(self) -> tuple[str, ...]:
        """Where the first tenant's objects arrive."""
        outside = (self.endpoint.form.type,) if self.endpoint else ()
        return ("s3", self.tenant.log_group, *outside)

    @property
    def injected(self) -> int:
        """Faults so far."""
        return self.ledger.injected[self.kind]

    def is_over(self) -> bool:
        """Whether its time, or the run's, is up; a kind that has met no fault yet is given some more."""
        late = time.monotonic() - self.deadline
        return self.stop.is_set() or late >= (0.0 if self.injected else MORE_SECONDS)

    def begin(self, *rules: Rule) -> None:
        """Let faults happen."""
        self.plan.activate(self.kind, rules)

    def end(self) -> None:
        """Let no more faults happen."""
        self.plan.deactivate(self.kind)

    def inject(self, what: str, count: int = 1) -> None:
        """Count what was done by hand rather than by the proxy."""
        self.ledger.inject(self.kind, what, count=count)

    def send(
        self, tenant: Tenant | None = None, events: Sequence[Event] | None = None, *, waits: bool = True
    ) -> LogObject:
        """Write an object into the central bucket, when the queue has room."""
        with self.numbers.turn if waits else nullcontext():
            if waits:
                self.wait_for_room()
            return self._write(tenant or self.tenant, events)

    def _write(self, tenant: Tenant, events: Sequence[Event] | None) -> LogObject:
        pod = pod_name(self.numbers.take())
        object_ = make_object(tenant.tenant_id, pod, events or usual_events(tenant.tenant_id, pod, self.batches))
        self.ledger.sent(tenant.tenant_id, pod, len(without_empty(events_of(object_))))
        put_object(self.place.central("s3"), self.place.environment.central_bucket, object_)
        self.sent.setdefault(tenant.tenant_id, []).append(object_)
        return object_

    def wait_for_room(self) -> None:
        """Wait while more objects wait than are worked on."""
        sqs, url = self.place.central("sqs"), self.place.environment.object_queue_url
        wait_until(
            lambda: self.is_over() or depth(sqs, url).visible < BACKLOG,
            what="room in the object queue",
            timeout_seconds=BACKLOG_SECONDS,
            interval_seconds=0.2,
        )

    def wait_for(self, enough: Callable[[], bool], seconds: float) -> None:
        """Wait for something, but not for long: the run goes on without it."""
        with suppress(WaitedTooLongError):
            wait_until(
                lambda: self.is_over() or enough(),
                what=self.kind,
                timeout_seconds=seconds,
                interval_seconds=0.1,
            )

    def wait_for_hits(self, enough: int, seconds: float) -> None:
        """Wait until so many faults were met in all."""
        self.wait_for(lambda: self.has_met(enough), seconds)

    def has_met(self, enough: int) -> bool:
        """Whether so many faults were met in all."""
        return self.injected >= enough

    def pause_until(self, at: float) -> None:
        """Wait until a time (monotonic seconds)."""
        self.stop.wait(max(0.0, at - time.monotonic()))

    def has_arrived(self, object_: LogObject, *places: str) -> bool:
        """Whether an object of the first tenant has come to all of these places ("s3", or its log group)."""
        pod = POD.search(object_.key)
        assert pod is not None
        return all(self.ledger.has_arrived(self.tenant.tenant_id, place, pod[0]) for place in places)

    def send_until(self, enough: Callable[[], bool], *, at_most: int) -> None:
        """Send objects, now and then one to the quiet tenant, until enough has happened, or time is up."""
        for number in range(at_most):
            if self.is_over() or enough():
                return
            self.send(self.quiet if number % 4 == 3 else self.tenant)

    def is_idle(self) -> bool:
        """Whether nothing waits in the queues."""
        sqs, environment = self.place.central("sqs"), self.place.environment
        urls = (environment.object_queue_url, environment.delivery_queue_url, environment.outside_queue_url)
        return not any(depth(sqs, url).total for url in urls)

    def settle(self, seconds: float) -> None:
        """Wait until nothing waits in the queues, but not for long, whatever the kind's own time is."""
        with suppress(WaitedTooLongError):
            wait_until(
                lambda: self.stop.is_set() or self.is_idle(),
                what="idle queues",
                timeout_seconds=seconds,
                interval_seconds=0.1,
            )

    def resume(self) -> None:
        """Start the resumer, as its schedule does once a minute of a day; here that is a matter of seconds."""
        with self.numbers.turn_to_resume:
            self.pause_until(self.numbers.resumed_at + RESUME_EVERY_SECONDS)
            name, event = self.place.outputs["ResumptionFunctionName"], json.dumps({"source": "aws.events"})
            self.place.central("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)
            self.numbers.resumed_at = time.monotonic()

    def healthy_delay_ratio(self) -> float | None:
        """Return the healthy tenants' median delay with the fault to that without, in the median of all rounds.

        Each phase with the fault is compared with those before and after it, so that whatever else the machine does
        falls on both. ``None``: the kind has no phases.

        :raises StatisticsError: nothing arrived in one of them.
        """
        delays = [self._healthy_delays(phase) for phase in self.phases]
        ratios = [
            median(delays[number]) / median(delays[number - 1] + delays[number + 1])
            for number, phase in enumerate(self.phases)
            if phase.broken
        ]
        return round(median(ratios), 3) if ratios else None

    def _healthy_delays(self, phase: Phase) -> list[float]:
        """Return the delays of all tenants but the first, of objects that were written in a phase."""
        return [
            delay
            for tenant in self.tenants[1:]
            for place in ("s3", tenant.log_group)
            for delay in self.ledger.delays(tenant.tenant_id, place, since=phase.since, until=phase.until)
        ]

    def keep_objects(self, tenant: Tenant) -> None:
        """Remember what a tenant's bucket holds: its customer is about to delete it."""
        s3 = tenant.client(self.place, "s3")
        self.kept_objects.setdefault(tenant.tenant_id, {}).update(bucket_objects(s3, tenant.bucket, ""))
