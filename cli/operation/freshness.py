"""How late logs arrive: from an event's own time until its destination has acknowledged it.

A record has the age of its oldest event, so a percentile is over deliveries, each by the event that waited longest. A
copy of an object reads no event: its age counts from the time in the object's name, when the agent closed the batch.
What is old on purpose isn't late: a replay's deliveries count nothing, and lines that were long past when the agent
closed their batch (recorded ones, or an agent's backlog, which its own alarms report) count from the object, too.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cli.operation.recent import DELIVERED
from runtime.delivery_state.replay_selection import object_time
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.record_log.lines import RecordLine

EVENT, OBJECT = "event", "object"
OLD_LINES_SECONDS: Final = 3_600.0
"""Ours: lines so much older than their object were no fresh ones; an agent closes a batch within minutes."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """One destination's, in seconds, of ``deliveries`` that were acknowledged, counted from the event or the object."""

    tenant_id: str
    type: str
    counted_from: str
    deliveries: int
    p50: float
    p99: float
    worst: float


def freshness(lines: Iterable[RecordLine]) -> list[Freshness]:
    """Return each destination's, by tenant and type."""
    ages: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for line in lines:
        if line.text("Outcome") == DELIVERED:
            counted_from, age = _age(line)
            if age is not None:
                ages[line.text("tenant_id"), line.text("type"), counted_from].append(age)
    return [
        Freshness(*which, len(found), percentile(found, 50), percentile(found, 99), max(found))
        for which, found in sorted(ages.items())
    ]


@dataclass(frozen=True, slots=True)
class FreshnessAt:
    """What was delivered in one step of time. ``at``: its beginning, epoch seconds."""

    at: float
    destinations: Sequence[Freshness]


def freshness_series(lines: Iterable[RecordLine], since: float, until: float, step: float) -> list[FreshnessAt]:
    """Return each step's, the earliest first; a step in which nothing was delivered has no destinations."""
    steps: list[list[RecordLine]] = [[] for _ in range(max(1, math.ceil((until - since) / step)))]
    for line in lines:
        if since <= line.at < until:
            steps[int((line.at - since) / step)].append(line)
    return [FreshnessAt(since + index * step, freshness(each)) for index, each in enumerate(steps)]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least ``percent`` percent don't exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _age(line: RecordLine) -> tuple[str, float | None]:
    if line.count("replay"):
        return EVENT, None
    try:
        written = object_time(ObjectKey.parse(line.text("object")), 0.0)
    except MalformedKeyError:
        written = 0.0
    of_object = max(0.0, line.at - written) if written else None
    of_event = line.number("AgeOfOldestEvent")
    if of_event is None or (of_object is not None and of_event - of_object > OLD_LINES_SECONDS):
        return OBJECT, of_object
    return EVENT, of_event
