"""Did a tenant's logs arrive? The bucket's objects of the last minutes against what became of each, by destination."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cli.operation.recent import DELIVERED
from cli.operation.sources import Sources
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_state.replay_selection import object_time
from runtime.objects.hours import folders, objects_between
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.versions import ListedObject
from runtime.record_log.lines import RecordLine

SIDE_BY_SIDE: Final = 16
READING_SECONDS: Final = 6.0
UNRECORDED: Final = "not yet tried"

type Which = tuple[str, str, str]
"""An object's key, its version (empty: none, or of a record that named none), and the delivery config's type."""


@dataclass(slots=True)
class Arrival:
    """One destination's.

    :param objects: that it should have got. :param before_config: written before the config's last change and never
        tried: not missing, a backfill delivers them. :param config_at: of that change, epoch seconds.
    :param missing: the others, by what became of them, and why.
    :param oldest_missing: the time of the first of those, epoch seconds.
    :param events, set_aside, left_out: of what was delivered; what CloudWatch doesn't take is set aside or left out.
    """

    type: str
    objects: int = 0
    delivered: int = 0
    before_config: int = 0
    config_at: float = 0.0
    missing: dict[str, int] = field(default_factory=dict)
    oldest_missing: float | None = None
    events: int = 0
    set_aside: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Of objects whose names' time is in [since, until), epoch s. ``complete``: whether all could be read.

    ``known``: the tenant has a config or an object. ``unreadable``: the types of configs that can't be read: what they
    want waits.
    """

    tenant_id: str
    since: float
    until: float
    written: int
    destinations: Sequence[Arrival]
    complete: bool
    known: bool = True
    unreadable: Sequence[str] = ()

    @property
    def all_well(self) -> bool:
        """Whether everything that was written and wanted has arrived."""
        return self.known and not self.unreadable and not any(each.missing for each in self.destinations)


def arrivals(sources: Sources, tenant_id: str, since: float, until: float) -> Arrivals:
    """Count a tenant's objects and what became of each."""
    deadline = time.monotonic() + READING_SECONDS
    now = sources.clock()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        reading = pool.submit(_records, sources, tenant_id, since, now, deadline)
        prefixes = _applications(sources, tenant_id)
        listing = [pool.submit(_listed, sources, prefix, (since, until), deadline) for prefix in prefixes]
        configs = sources.configs.fetch_tenant(tenant_id)
        lines, all_read = reading.result()
        parts = [each.result() for each in listing]
    objects = [object_ for part, _ in parts for object_ in part]
    complete = all_read and all(whole for _, whole in parts)
    latest = _latest(lines)
    found = [_of_config(config, objects, latest) for config in configs.configs if config.enabled]
    unreadable = [item.type for item in configs.invalid]
    known = configs.known or bool(objects)
    return Arrivals(tenant_id, since, until, len(objects), found, complete, known, unreadable)


def _applications(sources: Sources, tenant_id: str) -> list[str]:
    s3 = sources.clients.client("s3")
    clusters = folders(s3, sources.bucket, f"tenant_id={tenant_id}/")
    return [application for cluster in clusters for application in folders(s3, sources.bucket, cluster)]


def _listed(
    sources: Sources, prefix: str, times: tuple[float, float], deadline: float
) -> tuple[list[tuple[ObjectKey, ListedObject]], bool]:
    found: list[tuple[ObjectKey, ListedObject]] = []
    for listed in objects_between(sources.clients.client("s3"), sources.bucket, prefix, *times):
        if time.monotonic() > deadline:
            return found, False
        try:
            found.append((ObjectKey.parse(listed.key), listed))
        except MalformedKeyError:
            continue  # the processor refuses it, too
    return found, True


def _records(
    sources: Sources, tenant_id: str, since: float, now: float, deadline: float
) -> tuple[list[RecordLine], bool]:
    lines: list[RecordLine] = []
    for line in sources.records.lines(since, now, message="delivery", tenant_id=tenant_id):
        if time.monotonic() > deadline:
            return lines, False
        lines.append(line)
    return lines, True


def _latest(lines: Iterable[RecordLine]) -> dict[Which, RecordLine]:
    """Return the last record of each version of an object and destination; once delivered, it is delivered."""
    latest: dict[Which, RecordLine] = {}
    for line in sorted(lines, key=lambda each: each.at):
        which = (line.text("object"), line.text("version"), line.text("type"))
        if which not in latest or latest[which].text("Outcome") != DELIVERED:
            latest[which] = line
    return latest


def _of_config(
    config: DeliveryConfig, objects: Iterable[tuple[ObjectKey, ListedObject]], latest: Mapping[Which, RecordLine]
) -> Arrival:
    arrival = Arrival(config.type, config_at=_written_at(config))
    for key, listed in objects:
        if not config.selects(key.application, key.cluster_id):
            continue
        arrival.objects += 1
        known = (latest.get((key.key, version, config.type)) for version in (*listed.versions, ""))
        record = next((each for each in known if each is not None), None)
        if record is not None and record.text("Outcome") == DELIVERED:
            arrival.delivered += 1
            arrival.events += record.count("Events")
            arrival.set_aside += record.count("SetAsideEvents")
            arrival.left_out += record.count("LeftOutEvents")
            continue
        at = object_time(key, 0.0)
        if record is None and at < arrival.config_at:
            arrival.before_config += 1
            continue
        reason = UNRECORDED if record is None else f"{record.text('Outcome')}: {record.text('Reason')}"
        arrival.missing[reason] = arrival.missing.get(reason, 0) + 1
        arrival.oldest_missing = min(at, arrival.oldest_missing or at)
    return arrival


def _written_at(config: DeliveryConfig) -> float:
    """Return when the config was last changed, epoch seconds; 0 where that isn't known (it was written by hand)."""
    try:
        return datetime.fromisoformat(str(config.updated_at or config.created_at or "")).timestamp()
    except ValueError:
        return 0.0
