"""What happened in a run: faults that were met, calls that took effect, and when each object arrived where."""

import json
import math
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

from local.accounting.events import SentEvent
from tests.faults.call import Call
from tests.faults.exchange import Exchange

PATIENCE_SECONDS = 2.5
"""Ours: an answer later than that may find its delivery handed over; it counts as one that didn't come."""

FUNCTION, POLLER, RESUMER, RECONCILER, WATCH = "function", "poller", "resumption", "reconciliation", "watch"
OUTSIDE, ISSUER = "outside", "issuer"
"""The runtime's hosts whose calls go through the proxy."""

AT_WORK_SECONDS: Final = {FUNCTION: 10.0, POLLER: 30.0, RESUMER: 30.0, RECONCILER: 30.0, OUTSIDE: 20.0}
"""So long before its host died an object may have been touched last and still be at work: twice the function's own
timeout, as a busy machine kills late; what a poller may keep (it deletes soon, but a hanging call lasts)."""

ENDPOINT: Final = "endpoint"
"""The service of calls to a customer's own endpoint."""

TYPE = re.compile(r'type\\?"\s*:\s*\\?"([a-z0-9-]+)')

OF_NO_OBJECT: Final = frozenset({"DeleteMessageBatch", "GenerateMac"})
"""Calls that don't say which object they are about. Where one fails, what its host has at work may begin again:
what was settled comes once more; a hand-over without a pass is none, and its object goes back to its queue."""

AFTER_SECONDS: Final = 6.0
"""A process without memory, or one that is frozen, may go on for a moment."""

type Object = tuple[str, str]
"""A tenant and a pod: every object has a pod of its own."""


@dataclass(frozen=True, slots=True)
class Crash:
    """A host has died at some moment between two (monotonic seconds): what it worked on begins again."""

    host: str
    since: float
    until: float


@dataclass(slots=True)
class Ledger:
    """Shared by the proxy's threads.

    :param injected: faults that were met, by kind. :param met: the same by kind, call and the fault's column.
    :param owed: events that an object's log group is owed.
    :param again: of each object, events that may lawfully be there once more: of calls that took effect and whose
        caller may not know it, of deliveries that began again. :param crashes: which add what was at work then.
    :param posted_again: the same of requests to an endpoint alone.
    :param unsent: types of an object's deliveries that couldn't be handed over, until they are.
    :param touched: when calls about an object came, by host.
    :param sent_at: when an object was written, by tenant and pod (monotonic seconds, as all times here).
    :param arrived_at: when its last batch, or its first copy, took effect, by tenant, place (a log group; "s3" for a
        bucket) and pod.
    :param received_at: when a poller has asked for messages last.
    :param begun_at: when the first call about an object came, by tenant and pod.
    :param acknowledged: every event that CloudWatch took, of tenants whose customers delete their log groups: there the
        group itself can't be asked afterwards. Tenants are put in beforehand.
    """

    injected: Counter[str] = field(default_factory=Counter)
    met: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    owed: dict[Object, int] = field(default_factory=dict)
    again: Counter[Object] = field(default_factory=Counter)
    posted_again: Counter[Object] = field(default_factory=Counter)
    crashes: list[Crash] = field(default_factory=list)
    unsent: dict[Object, set[str]] = field(default_factory=lambda: defaultdict(set))
    touched: dict[tuple[Object, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    sent_at: dict[Object, float] = field(default_factory=dict)
    arrived_at: dict[tuple[str, str, str], float] = field(default_factory=dict)
    received_at: float = 0.0
    begun_at: dict[Object, float] = field(default_factory=dict)
    acknowledged: dict[str, list[SentEvent]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, kind: str, call: str, fault: str = "", count: int = 1) -> None:
        """Count faults that were met."""
        with self.lock:
            self.injected[kind] += count
            self.met[kind, call, fault] += count

    def calls_met(self, kind: str) -> list[str]:
        """Return the calls that met a kind's faults, in order."""
        with self.lock:
            return sorted({call for its_kind, call, _ in self.met if its_kind == kind})

    def sent(self, tenant: str, pod: str, owed: int = 0) -> None:
        """Note that an object is being written now, and how many events a log group is owed of it."""
        with self.lock:
            self.sent_at[tenant, pod] = time.monotonic()
            self.owed[tenant, pod] = owed

    def repeated(self, tenant: str, pod: str) -> None:
        """Note that an object is told of once more: all of it may arrive again."""
        with self.lock:
            self._repeat((tenant, pod))

    def crashed(self, host: str, since: float, until: float) -> None:
        """Note that a host has died."""
        with self.lock:
            self.crashes.append(Crash(host, since, until))

    def may_be_doubled(self, tenant: str, pod: str, *, outside: bool = False) -> int:
        """Return how many events of an object may lawfully be there twice, from what happened to it.

        :param outside: at its endpoint, rather than in its log group.
        """
        object_ = (tenant, pod)
        with self.lock:
            crashes = [crash for crash in self.crashes if outside or crash.host != OUTSIDE]
            deaths = sum(self._was_at_work(object_, crash) for crash in crashes)
            posted = self.posted_again[object_] if outside else 0
            return self.again[object_] + posted + deaths * self.owed.get(object_, 0)

    def _was_at_work(self, object_: Object, crash: Crash) -> bool:
        since = crash.since - AT_WORK_SECONDS.get(crash.host, 0.0)
        return any(since <= at <= crash.until for at in self.touched.get((object_, crash.host), ()))

    def _repeat(self, object_: Object) -> None:
        self.again[object_] += self.owed.get(object_, 0)

    def begun(self, call: Call) -> None:
        """Note that a call about an object has come."""
        if call.host == POLLER and call.action == "ReceiveMessage":
            self.received_at = time.monotonic()
        if call.tenant and call.object:
            object_ = (call.tenant, call.object)
            with self.lock:
                self.begun_at.setdefault(object_, time.monotonic())
                self.touched[object_, call.host].append(time.monotonic())
                if call.action == "GetObject" and self.unsent.pop(object_, set()):
                    self._repeat(object_)  # its message went back to its queue, and it begins where it began

    def relayed(self, exchange: Exchange, seconds: float) -> None:
        """Note what became of a call. ``seconds``: how long its client waited for the answer."""
        call, now = exchange.call, time.monotonic()
        if exchange.crashed:
            self.crashed(call.host, now - seconds, now + AFTER_SECONDS)
        if call.action in OF_NO_OBJECT and not exchange.took_effect:
            self.crashed(call.host, now - seconds, now)
        if not call.tenant:
            return
        object_ = (call.tenant, call.object)
        known = exchange.took_effect and exchange.answered and seconds <= PATIENCE_SECONDS
        with self.lock:
            if call.host in (RESUMER, RECONCILER):
                if not known:
                    self._repeat(object_)  # it doesn't know what it has sent, or removed
            elif call.action == "SendMessage":
                self._handed_over(object_, exchange, known=known)
            if exchange.took_effect:
                self._took_effect(exchange, now, known=known)

    def _took_effect(self, exchange: Exchange, now: float, *, known: bool) -> None:
        call, object_ = exchange.call, (exchange.call.tenant, exchange.call.object)
        self.touched[object_, call.host].append(now)
        if call.action == "PutLogEvents":
            self.arrived_at[call.tenant, call.place, call.object] = now
            self.again[object_] += 0 if known else call.events
            if call.tenant in self.acknowledged:
                self.acknowledged[call.tenant] += _events(exchange.request.body)
        elif call.service == ENDPOINT:
            self.arrived_at[call.tenant, call.place, call.object] = now
            self.posted_again[object_] += 0 if known else call.events
        elif call.action == "CopyObject":
            self.arrived_at.setdefault((call.tenant, "s3", call.object), now)

    def _handed_over(self, object_: Object, exchange: Exchange, *, known: bool) -> None:
        found = TYPE.search(exchange.request.body.decode("utf-8", "replace"))
        type_ = found[1] if found else ""
        if known:
            self.unsent[object_].discard(type_)
        elif exchange.took_effect:
            self._repeat(object_)  # two messages, perhaps
        else:
            self.unsent[object_].add(type_)

    def remember(self, tenant: str) -> None:
        """Keep what CloudWatch acknowledges to a tenant from now on."""
        with self.lock:
            self.acknowledged.setdefault(tenant, [])

    def has_arrived(self, tenant: str, place: str, pod: str) -> bool:
        """Whether an object has arrived, or its first batch has."""
        with self.lock:
            return (tenant, place, pod) in self.arrived_at

    def work_seconds(self, tenant: str) -> list[float]:
        """Return what each object of a tenant took, from the first call about it until it was everywhere."""
        with self.lock:
            last: dict[str, float] = {}
            for (its_tenant, _, pod), at in self.arrived_at.items():
                if its_tenant == tenant:
                    last[pod] = max(at, last.get(pod, at))
            return [at - self.begun_at[tenant, pod] for pod, at in last.items()]

    def delays(self, tenant: str, place: str, *, since: float = 0.0, until: float = math.inf) -> list[float]:
        """Return the seconds from writing to arrival, of a tenant's objects that arrived in a place.

        :param since, until: when they were written (monotonic seconds).
        """
        with self.lock:
            arrived = [
                (at, self.sent_at[its_tenant, pod])
                for (its_tenant, its_place, pod), at in self.arrived_at.items()
                if (its_tenant, its_place) == (tenant, place) and (its_tenant, pod) in self.sent_at
            ]
        return [at - sent for at, sent in arrived if since <= sent < until]


def _events(body: bytes) -> list[SentEvent]:
    document = json.loads(body)
    stream = document["logStreamName"]
    return [SentEvent(stream, event["timestamp"], event["message"]) for event in document["logEvents"]]
