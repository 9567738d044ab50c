"""Delivery records: the end of each delivery attempt, and everything skipped, as one structured line each (EMF).

Each is a metric too; ``runtime/metrics/catalogue.py`` says under which dimensions. A record never holds any of a
tenant's content.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final

from runtime import scheduling
from runtime.deliveries.method import DeliveryProgress
from runtime.errors import OURS_DENIED
from runtime.logs import correlation
from runtime.metrics import catalogue
from runtime.metrics.catalogue import Dimension, Metric
from runtime.metrics.lines import MetricLines
from runtime.objects.stored_object import StoredObject


class Outcome(StrEnum):
    """How an attempt at a delivery ended. ``RETURNED``: it couldn't even be handed over; its message comes back."""

    DELIVERED = "delivered"
    HANDED_OVER = "handed-over"
    PARKED = "parked"
    PERMANENT = "permanent"
    RETURNED = "returned"


class Skipped(Enum):
    """What is counted in addition to deliveries: its metric."""

    OBJECTS = catalogue.REFUSED_OBJECTS
    UNLABELLED = catalogue.UNLABELLED_OBJECTS
    MESSAGES = catalogue.UNREADABLE_MESSAGES
    EVENTS = catalogue.IGNORED_NOTIFICATIONS
    UNWANTED = catalogue.UNWANTED_OBJECTS
    CONFIGS = catalogue.INVALID_CONFIGS
    CHECKPOINTS = catalogue.DISCARDED_CHECKPOINTS
    DUPLICATES = catalogue.ABSORBED_DUPLICATES


def named(object_: StoredObject) -> dict[str, Any]:
    """Return the properties by which a record names its object."""
    return {"object": object_.key.key, **({"version": object_.version_id} if object_.version_id else {})}


NOTIFIED: Final = {"notified": 1}
"""The property of one record for each notification of an object, whatever became of it (``runtime.reconciliation``)."""


REPLAYED_RECORD: Final = {"replay": 1}
"""The property of the records of a replay: what they say of lateness is none."""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What a record says of an attempt's end.

    :param attempts: this one included.
    :param notified: it is the one record, of those that a notification leaves, by which its object is counted.
    :param replayed: it is of a replay: its events are old on purpose.
    """

    object: StoredObject
    tenant_id: str
    type: str
    outcome: Outcome
    progress: DeliveryProgress
    attempts: int
    reason: str = ""
    detail: str = ""
    notified: bool = False
    replayed: bool = False


class Records:
    """Writes records to standard output, one ``write`` a line. Shared by all threads.

    :param clock: epoch seconds.
    """

    def __init__(
        self,
        namespace: str,
        *,
        clock: Callable[[], float] = scheduling.now,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._clock = clock
        self._lines = MetricLines(namespace, clock=clock, write=write)

    def delivery(self, record: DeliveryRecord) -> None:
        """Write the record of an attempt's end."""
        progress = record.progress
        metrics: dict[Metric, float] = {
            catalogue.DELIVERIES: 1,
            catalogue.EVENTS: progress.events,
            catalogue.BYTES: progress.bytes,
        }
        rare = {
            catalogue.SET_ASIDE_EVENTS: progress.set_aside.total(),
            catalogue.LEFT_OUT_EVENTS: progress.left_out,
            catalogue.CREATED_LOG_GROUPS: int(progress.created_log_group),
            catalogue.PROGRAM_DROPPED_EVENTS: progress.program_counts["dropped"],
            catalogue.PROGRAM_FAILED_EVENTS: progress.program_counts["passed"] + progress.program_counts["set_aside"],
        }
        metrics |= {metric: count for metric, count in rare.items() if count}
        if progress.oldest_event_ms is not None:
            age = max(0.0, round(self._clock() - progress.oldest_event_ms / 1000, 3))
            metrics[catalogue.AGE_OF_OLDEST_EVENT] = age
        metrics |= _denied(record.reason)
        properties = {
            "message": "delivery",
            "tenant_id": record.tenant_id,
            **named(record.object),
            "type": record.type,
            "detail": record.detail,
            "attempts": record.attempts,
            "checkpoint": progress.checkpoint,
            "set_aside": dict(progress.set_aside),
            **({"checkpoint_discarded": progress.discarded} if progress.discarded else {}),
            **_of_program(progress),
            **(NOTIFIED if record.notified else {}),
            **(REPLAYED_RECORD if record.replayed else {}),
        }
        dimensions = {
            Dimension.METHOD: record.type.partition(":")[0],
            Dimension.OUTCOME: record.outcome.value,
            Dimension.TENANT: record.tenant_id,
        }
        if record.reason:
            dimensions[Dimension.REASON] = record.reason
        self._write(metrics, dimensions, properties)

    def skipped(self, what: Skipped, reason: str, *, count: int = 1, **properties: object) -> None:
        """Write that something was skipped, with the reason."""
        self._write({what.value: count}, {Dimension.REASON: reason}, {"message": "skipped", **properties})

    def returned(self, reason: str, **properties: object) -> None:
        """Write that a message is left in its queue, and why."""
        metrics = {catalogue.RETURNED_MESSAGES: 1.0, **_denied(reason)}
        self._write(metrics, {Dimension.REASON: reason}, {"message": "returned", **properties})

    def circuit(self, tenant_id: str, type_: str, *, is_open: bool, open_circuits: int) -> None:
        """Write that a destination's circuit has opened or closed, and how many are open in this process."""
        self._write(
            {catalogue.CIRCUIT_CHANGES: 1, catalogue.OPEN_CIRCUITS: open_circuits},
            {Dimension.METHOD: type_.partition(":")[0], Dimension.CIRCUIT: "open" if is_open else "closed"},
            {"message": "circuit", "tenant_id": tenant_id, "type": type_},
        )

    def read(self, object_: StoredObject, stats: Mapping[str, int]) -> None:
        """Write what was met while an object's events were read, where anything wasn't as it should be."""
        metrics = {catalogue.READ[name]: count for name, count in stats.items() if count and name != "events"}
        if metrics:
            properties = {"message": "read", "tenant_id": object_.key.tenant_id, "object": object_.key.key}
            self._write(metrics, {}, properties)

    def _write(
        self, values: Mapping[Metric, float], dimensions: Mapping[Dimension, str], properties: Mapping[str, object]
    ) -> None:
        self._lines.write(values, dimensions, {**properties, **correlation()})


def _of_program(progress: DeliveryProgress) -> dict[str, object]:
    """Return what a record says of the delivery's program: its digest, its counts, and the one that went before."""
    if not progress.program and progress.program_before is None:
        return {}
    before = {} if progress.program_before is None else {"before": progress.program_before or "none"}
    return {"program": {"digest": progress.program or "none", **before, **progress.program_counts}}


def _denied(reason: str) -> dict[Metric, float]:
    return {catalogue.CENTRAL_ACCESS_DENIED: 1.0} if reason in OURS_DENIED else {}
