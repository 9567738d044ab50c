"""Small objects, each its own pod's: its log stream and its copy name it, whatever call they are met in."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.cluster import CLUSTER_ID
from local.loader.objects import LogObject

APPLICATION = "etcd"
BATCH = timedelta(hours=26)
"""A batch spans at most 24 hours: events that far apart are in different ones."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be sent: how old it is, what it says."""

    age: timedelta
    message: str


def usual_events(tenant_id: str, pod: str, batches: int = 2) -> list[Event]:
    """Return two events of one time, which must keep their order, for each batch."""
    ages = [timedelta(hours=1) + BATCH * (batches - 1 - place // 2) for place in range(2 * batches)]
    return [Event(age, f"{tenant_id} {pod} event {number}") for number, age in enumerate(ages)]


def make_object(tenant_id: str, pod: str, events: Sequence[Event], now: datetime | None = None) -> LogObject:
    """Write events as the agent does."""
    now = now or datetime.now(UTC)
    lines = [
        {"timestamp": (now - event.age).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "message": event.message} for event in events
    ]
    body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    name = f"{now:%Y%m%d-%H%M%S}-00000000-0000-4000-8000-{pod.removeprefix('pod-'):0>12}.json.gz"
    key = f"tenant_id={tenant_id}/cluster_id={CLUSTER_ID}/application={APPLICATION}/pod_name={pod}/{name}"
    return LogObject(key, gzip.compress(body.encode(), mtime=0))


def pod_name(number: int) -> str:
    """Name the pod of a run's n-th object."""
    return f"pod-{number:06d}"
