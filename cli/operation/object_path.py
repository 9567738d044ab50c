"""An object's way: written to the bucket, taken from the queue, and what became of it at each destination."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from cli.operation.sources import Sources
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import TenantConfigs
from runtime.delivery_state.replay_selection import object_time
from runtime.objects.hours import folders, objects_between
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.versions import ListedObject, list_page
from runtime.record_log.lines import RecordLine

SIDE_BY_SIDE: Final = 16
LONGEST_SECONDS: Final = 14 * 86_400.0
"""So far back records are searched for one object: as long as CloudWatch Logs takes its events."""
EARLY_SECONDS: Final = 300.0
"""An agent's clock may be ahead of the record's."""


@dataclass(frozen=True, slots=True)
class WayToDestination:
    """What became of an object at one destination.

    :param verdict: ``wanted``, or why the config doesn't want it: ``disabled``, ``deleted``, a filter.
    :param attempts: the records, the earliest first.
    """

    type: str
    verdict: str
    attempts: Sequence[RecordLine]

    @property
    def outcome(self) -> str:
        """How the last attempt ended; empty where none was made."""
        return self.attempts[-1].text("Outcome") if self.attempts else ""


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """An object's way. ``stored``: its versions, none where it is gone; ``closed_at``: the name's time, epoch seconds.

    :param skipped: records that say that nobody wanted it, or that it was refused.
    """

    key: ObjectKey
    stored: Sequence[ListedObject]
    closed_at: float
    destinations: Sequence[WayToDestination]
    skipped: Sequence[RecordLine]

    @property
    def known(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.stored or self.skipped or any(each.attempts for each in self.destinations))

    @property
    def taken_at(self) -> float | None:
        """When a processor had first done something with it, epoch seconds."""
        lines = (*self.skipped, *(line for each in self.destinations for line in each.attempts))
        return min((line.at for line in lines), default=None)


def object_path(sources: Sources, key: str) -> ObjectPath:
    """Ask the bucket, the configs and the records.

    :raises MalformedKeyError: it is no object's key.
    """
    parsed = ObjectKey.parse(key)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        listing = pool.submit(list_page, sources.clients.client("s3"), sources.bucket, parsed.key, "")
        configs = pool.submit(sources.configs.fetch_tenant, parsed.tenant_id)
        stored = [each for each in listing.result().objects if each.key == parsed.key]
        closed_at = object_time(parsed, min((each.written_at for each in stored), default=0.0))
        now = sources.clock()
        since = max(closed_at - EARLY_SECONDS, now - LONGEST_SECONDS)
        lines = sorted(sources.records.lines(since, now, object=parsed.key), key=lambda line: line.at)
    attempts = [line for line in lines if line.text("message") == "delivery"]
    skipped = [line for line in lines if line.text("message") == "skipped"]
    return ObjectPath(parsed, stored, closed_at, _destinations(parsed, configs.result(), attempts), skipped)


def objects_about(sources: Sources, tenant_id: str, at: float, seconds: float) -> list[ObjectKey]:
    """Return the tenant's objects that an agent closed in the ``seconds`` after a line's time, the earliest first."""
    s3 = sources.clients.client("s3")
    prefixes = [
        application
        for cluster in folders(s3, sources.bucket, f"tenant_id={tenant_id}/")
        for application in folders(s3, sources.bucket, cluster)
    ]

    def listed(prefix: str) -> list[ListedObject]:
        return [*objects_between(s3, sources.bucket, prefix, at, at + seconds)]

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = [each for part in pool.map(listed, prefixes) for each in part]
    return sorted(_keys(found), key=lambda key: (object_time(key, 0.0), key.key))


def _keys(found: Iterable[ListedObject]) -> Iterable[ObjectKey]:
    for each in found:
        try:
            yield ObjectKey.parse(each.key)
        except MalformedKeyError:
            continue  # the processor refuses it, too


def _destinations(key: ObjectKey, configs: TenantConfigs, lines: Sequence[RecordLine]) -> list[WayToDestination]:
    types = {
        *(config.type for config in configs.configs),
        *(item.type for item in configs.invalid),
        *(line.text("type") for line in lines),
    }
    return [
        WayToDestination(type_, _verdict(key, configs, type_), [line for line in lines if line.text("type") == type_])
        for type_ in sorted(types)
    ]


def _verdict(key: ObjectKey, configs: TenantConfigs, type_: str) -> str:
    config = configs.of_type(type_)
    if config is None:
        return "deleted"
    if not isinstance(config, DeliveryConfig):
        return "invalid"
    if not config.enabled:
        return "disabled"
    return config.filtered_by(key.application, key.cluster_id) or "wanted"
