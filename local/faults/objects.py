"""Small objects, each its own pod's: its log stream and its copy name it, whatever call they are met in."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.cluster import CLUSTER_ID
from local.loader.objects import LogObject

APPLICATION = "etcd"
TWO_BATCHES = (timedelta(hours=50), timedelta(hours=50), timedelta(hours=1), timedelta(hours=1))
"""Ages of events: a batch spans at most 24 hours, so these are two batches. Equal times must keep their order."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be sent: how old it is, what it says."""

    age: timedelta
    message: str


def usual_events(tenant_id: str, pod: str) -> list[Event]:
    """Give four events in two batches."""
    return [Event(age, f"{tenant_id} {pod} event {number}") for number, age in enumerate(TWO_BATCHES)]


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
