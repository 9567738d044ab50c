"""What happened in a run: faults injected, calls that took effect, and when each object arrived where."""

import json
import math
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from local.accounting.events import SentEvent
from local.faults.call import Call
from local.faults.exchange import Exchange

PATIENCE_SECONDS = 2.5
"""Ours: an answer later than that may find its delivery handed over; it counts as one that didn't come."""


@dataclass(slots=True)
class Ledger:
    """Shared by the proxy's threads.

    :param injected: faults by kind. :param hit: faults by kind and call.
    :param unanswered: by tenant, events of PutLogEvents calls that took effect and whose caller may not know it.
    :param unanswered_sends: by tenant, messages that were sent and whose sender may not know it.
    :param arrived: events that CloudWatch took, by tenant and pod. :param returned: by tenant, those of an object whose
        delivery couldn't be handed over: it begins again where it began.
    :param sent_at: when an object was written, by tenant and pod (monotonic seconds, as all times here).
    :param arrived_at: when its last batch, or its first copy, took effect, by tenant, place (a log group; "s3" for a
        bucket) and pod.
    :param begun_at: when the first call about an object came, by tenant and pod.
    :param acknowledged: every event that CloudWatch took, of tenants whose customers delete their log groups: there the
        group itself can't be asked afterwards. Tenants are put in beforehand.
    """

    injected: Counter[str] = field(default_factory=Counter)
    hit: Counter[tuple[str, str]] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    unanswered_sends: Counter[str] = field(default_factory=Counter)
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    sent_at: dict[tuple[str, str], float] = field(default_factory=dict)
    arrived_at: dict[tuple[str, str, str], float] = field(default_factory=dict)
    begun_at: dict[tuple[str, str], float] = field(default_factory=dict)
    acknowledged: dict[str, list[SentEvent]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, kind: str, call: str, count: int = 1) -> None:
        """Count faults that were injected."""
        with self.lock:
            self.injected[kind] += count
            self.hit[kind, call] += count

    def sent(self, tenant: str, pod: str) -> None:
        """Note that an object is being written now."""
        with self.lock:
            self.sent_at[tenant, pod] = time.monotonic()

    def begun(self, call: Call) -> None:
        """Note that work on an object has begun, if it is the first call about it."""
        if call.tenant and call.object:
            with self.lock:
                self.begun_at.setdefault((call.tenant, call.object), time.monotonic())

    def relayed(self, exchange: Exchange, seconds: float) -> None:
        """Note what became of a call. ``seconds``: how long its client waited for the answer."""
        call = exchange.call
        if not call.tenant:
            return
        if not exchange.took_effect:
            if call.action == "SendMessage":  # if it was the last try, the object's message goes back to its queue
                with self.lock:
                    self.returned[call.tenant] += self.arrived[call.tenant, call.object]
            return
        known = exchange.answered and seconds <= PATIENCE_SECONDS
        with self.lock:
            if call.action == "PutLogEvents":
                self.arrived_at[call.tenant, call.place, call.object] = time.monotonic()
                self.unanswered[call.tenant] += 0 if known else call.events
                self.arrived[call.tenant, call.object] += call.events
                if call.tenant in self.acknowledged:
                    self.acknowledged[call.tenant] += _events(exchange.request.body)
            elif call.action == "CopyObject":
                self.arrived_at.setdefault((call.tenant, "s3", call.object), time.monotonic())
            elif call.action == "SendMessage":
                self.unanswered_sends[call.tenant] += 0 if known else 1

    def remember(self, tenant: str) -> None:
        """Keep what CloudWatch acknowledges to a tenant from now on."""
        with self.lock:
            self.acknowledged.setdefault(tenant, [])

    def has_arrived(self, tenant: str, place: str, pod: str) -> bool:
        """Whether an object has arrived, or its first batch has."""
        with self.lock:
            return (tenant, place, pod) in self.arrived_at

    def work_seconds(self, tenant: str) -> list[float]:
        """Give what each object of a tenant took, from the first call about it until it was everywhere."""
        with self.lock:
            last: dict[str, float] = {}
            for (its_tenant, _, pod), at in self.arrived_at.items():
                if its_tenant == tenant:
                    last[pod] = max(at, last.get(pod, at))
            return [at - self.begun_at[tenant, pod] for pod, at in last.items()]

    def delays(self, tenant: str, place: str, *, since: float = 0.0, until: float = math.inf) -> list[float]:
        """Give the seconds from writing to arrival, of a tenant's objects that arrived in a place.

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
