"""Recorded logs into objects, with the keys and the lines that the agent's own programs make of them."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, groupby
from typing import Any

from local.cluster import CLUSTER_ID
from local.loader.agent import Agent, source_event
from local.loader.day_shift import days_until, shifted
from local.loader.recorded_logs import read_archive

EVENTS_PER_OBJECT = 1_000


@dataclass(frozen=True, slots=True)
class LogObject:
    """One object for the central bucket: its key and its body, gzip NDJSON."""

    key: str
    body: bytes


def log_objects(now: datetime) -> Iterator[LogObject]:
    """Return all recorded logs as objects, moved by whole days to be as recent as ``now`` allows."""
    files = list(read_archive())
    days = days_until(now, (record.stamp for _, records in files for record in records))
    lines = (source_event(file, shifted(record, days)) for file, records in files for record in records)
    return objects_of(Agent({"CLUSTER_ID": CLUSTER_ID, "TENANT_FROM": "namespace"}), lines, now)


def objects_of(agent: Agent, lines: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[LogObject]:
    """Run the agent's programs over source events and batch the outcome by key, as its sink does.

    A container's lines stand together in ``lines``; an object ends with them, or when it is full.
    """
    for prefix, events in groupby(agent.events(lines), agent.key_prefix):
        for batch in batched(events, EVENTS_PER_OBJECT, strict=False):
            body = "".join(event["message"] + "\n" for event in batch).encode()
            yield LogObject(prefix + agent.file_name(now), gzip.compress(body, compresslevel=6, mtime=0))
