"""Delivery records: every delivery's end, and everything that was given up, as one structured line each (EMF).

The line is a metric too, once CloudWatch reads it (CloudWatch user guide, embedded metric format). It never holds
any of a tenant's content. Written here and not by Powertools' metrics: those keep one set of metrics a process, and
print text and line end apart, so that lines of deliveries that end side by side would mix.

Dimensions are bounded: ``Method`` (installed delivery methods), ``Outcome`` (five), ``Reason`` (the words in this
source), ``TenantId`` (one a tenant, with ``Outcome`` alone), ``Circuit`` (two). Everything else is a property of the
line.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from runtime.deliveries.method import Progress
from runtime.objects.stored_object import StoredObject


class Outcome(StrEnum):
    """How an attempt at a delivery ended. ``RETURNED``: it couldn't even be handed over; its message comes back."""

    DELIVERED = "delivered"
    HANDED_OVER = "handed-over"
    PARKED = "parked"
    PERMANENT = "permanent"
    RETURNED = "returned"


class Skipped(StrEnum):
    """What is counted beside deliveries: the metric's name."""

    OBJECTS = "RefusedObjects"
    MESSAGES = "UnreadableMessages"
    EVENTS = "IgnoredNotifications"
    CONFIGS = "InvalidConfigs"
    CHECKPOINTS = "DiscardedCheckpoints"
    DUPLICATES = "AbsorbedDuplicates"


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What is told of an attempt's end. ``attempts`` includes this one."""

    object: StoredObject
    tenant_id: str
    type: str
    outcome: Outcome
    progress: Progress
    attempts: int
    reason: str = ""
    detail: str = ""


class Records:
    """Writes records to standard output, one ``write`` a line. Shared by all threads.

    :param clock: epoch seconds.
    """

    def __init__(
        self,
        namespace: str,
        *,
        clock: Callable[[], float] = time.time,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        self._write = write

    def delivery(self, record: DeliveryRecord) -> None:
        """Write the record of an attempt's end."""
        progress = record.progress
        metrics: dict[str, float] = {
            "Deliveries": 1,
            "Events": progress.events,
            "Bytes": progress.bytes,
            "SetAsideEvents": progress.set_aside.total(),
            "LeftOutEvents": progress.left_out,
        }
        if progress.oldest_event_ms is not None:
            metrics["AgeOfOldestEvent"] = max(0.0, round(self._clock() - progress.oldest_event_ms / 1000, 3))
        properties = {
            "message": "delivery",
            "tenant_id": record.tenant_id,
            "object": record.object.key.key,
            "type": record.type,
            "detail": record.detail,
            "attempts": record.attempts,
            "checkpoint": progress.checkpoint,
            "set_aside": dict(progress.set_aside),
        }
        dimensions = {
            "Method": record.type.partition(":")[0],
            "Outcome": record.outcome.value,
            "TenantId": record.tenant_id,
        }
        sets = [["Method", "Outcome"], ["TenantId", "Outcome"]]
        if record.reason:
            dimensions["Reason"] = record.reason
            sets.append(["Outcome", "Reason"])
        self._emit(metrics, dimensions, sets, properties)

    def skipped(self, what: Skipped, reason: str, *, count: int = 1, **properties: Any) -> None:
        """Write that something was given up or passed over, and why."""
        self._emit({what.value: count}, {"Reason": reason}, [["Reason"]], {"message": "skipped", **properties})

    def circuit(self, tenant_id: str, type_: str, *, is_open: bool, open_circuits: int) -> None:
        """Write that a destination's circuit has opened or closed, and how many are open in this process."""
        self._emit(
            {"CircuitChanges": 1, "OpenCircuits": open_circuits},
            {"Method": type_.partition(":")[0], "Circuit": "open" if is_open else "closed"},
            [["Method", "Circuit"]],
            {"message": "circuit", "tenant_id": tenant_id, "type": type_},
        )

    def read(self, object_: StoredObject, stats: Mapping[str, int]) -> None:
        """Write what was met while an object's events were read, where anything wasn't as it should be."""
        met = {name: count for name, count in stats.items() if count and name != "events"}
        if met:
            metrics = {"".join(part.title() for part in name.split("_")): count for name, count in met.items()}
            properties = {"message": "read", "tenant_id": object_.key.tenant_id, "object": object_.key.key}
            self._emit(metrics, {"Step": "read"}, [["Step"]], properties)

    def _emit(
        self,
        metrics: Mapping[str, float],
        dimensions: Mapping[str, str],
        sets: list[list[str]],
        properties: Mapping[str, Any],
    ) -> None:
        units = {"Bytes": "Bytes", "AgeOfOldestEvent": "Seconds"}
        definitions = [{"Name": name, "Unit": units.get(name, "Count")} for name in metrics]
        line = {
            "_aws": {
                "Timestamp": int(self._clock() * 1000),
                "CloudWatchMetrics": [
                    {"Namespace": self._namespace, "Dimensions": sets, "Metrics": definitions},
                ],
            },
            **properties,
            **dimensions,
            **metrics,
        }
        text = json.dumps(line, separators=(",", ":"), default=str) + "\n"  # ASCII: no key can forge a line
        # Looked up late: a host, or a test, may have put another stream there.
        (self._write or sys.stdout.write)(text)
