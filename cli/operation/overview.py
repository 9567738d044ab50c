"""The state of the installation, or of one tenant: queues, destinations, recent deliveries, failures with reasons."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cli.operation.freshness import freshness
from cli.operation.queues import QUEUES, QueueDepth, depth
from cli.operation.recent import DELIVERED, Recent, recent
from cli.operation.sources import Sources
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import TenantConfigs
from runtime.delivery_state.destination_status import DestinationStatus
from runtime.errors import NO_FAILURES

if TYPE_CHECKING:
    from runtime.record_log.lines import RecordLine

SIDE_BY_SIDE: Final = 16
MOST_TENANTS: Final = 2_000
"""Of one answer: two queries each, 16 at a time, take some 5 s in AWS. Who has more asks for one tenant."""
COUNTED_PARKED: Final = 1_000
"""More of one destination aren't counted: the count is read, item by item."""


class State(StrEnum):
    """The state of a destination."""

    WORKS = "works"
    FAILING = "failing"
    PARKED = "parked"
    UNTRIED = "untried"
    DISABLED = "disabled"
    INVALID = "invalid"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination: its status, and what the records of the last minutes say of it.

    :param last_success_at: the status' or, later, a record's: a status is written every few minutes.
    :param failed: attempts that failed, by outcome. :param p50, p99: freshness, seconds.
    :param parked: at most ``COUNTED_PARKED`` are counted.
    """

    state: State
    status: DestinationStatus
    problem: str = ""
    last_success_at: float = 0.0
    deliveries: int = 0
    events: int = 0
    bytes: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    p50: float | None = None
    p99: float | None = None
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What was found. ``at``: epoch seconds; ``seconds``: of the records that were read, before ``at``.

    :param unshown: tenants beyond those that one answer looks at.
    """

    at: float
    region: str
    queues: Mapping[str, QueueDepth]
    destinations: Sequence[Destination]
    seconds: float
    complete: bool
    tenants: int
    unshown: int = 0


def overview(sources: Sources, tenant_id: str | None = None, *, most: int = MOST_TENANTS) -> Overview:
    """Ask all sources concurrently."""
    now = sources.clock()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        reading = pool.submit(recent, sources.records, now, tenant_id=tenant_id)
        queues = {name: pool.submit(_depth, sources, output) for name, output in QUEUES.items()}
        tenants = [tenant_id] if tenant_id else list(sources.tenants())
        asked = list(pool.map(lambda each: _tenant(sources, each), tenants[:most]))
        read = reading.result()
        known = [pair for configs, statuses in asked for pair in _paired(configs, statuses)]
        destinations = list(pool.map(lambda pair: _with_parked(sources, pair), known))
        depths = {name: asked_depth.result() for name, asked_depth in queues.items()}
    return Overview(
        now,
        sources.installation.clients.region,
        depths,
        _with_records(destinations, read),
        read.seconds,
        read.complete,
        len(tenants),
        max(0, len(tenants) - most),
    )


def _depth(sources: Sources, output: str) -> QueueDepth:
    return depth(sources.clients.client("sqs"), sources.installation.outputs[output])


def _tenant(sources: Sources, tenant_id: str) -> tuple[TenantConfigs, list[DestinationStatus]]:
    return sources.configs.fetch_tenant(tenant_id), sources.statuses.of_tenant(tenant_id)


def _paired(configs: TenantConfigs, statuses: Iterable[DestinationStatus]) -> list[Destination]:
    """Bring configs and statuses together: either may be without the other."""
    by_type = {status.type: status for status in statuses}
    types = sorted({*by_type, *(config.type for config in configs.configs), *(item.type for item in configs.invalid)})
    found = []
    for type_ in types:
        status = by_type.get(type_) or DestinationStatus(configs.tenant_id, type_)
        config = configs.of_type(type_)
        problem = "" if config is None or isinstance(config, DeliveryConfig) else config.problem
        found.append(Destination(_state(config, status), status, problem))
    return found


def _state(config: Any, status: DestinationStatus) -> State:
    if config is None:
        return State.DELETED
    if not isinstance(config, DeliveryConfig):
        return State.INVALID
    if not config.enabled:
        return State.DISABLED
    if status.failing_since or status.last_failure_at > status.last_success_at:
        return State.FAILING
    if status.due_at is not None:
        return State.PARKED
    return State.WORKS if status.last_success_at else State.UNTRIED


def _with_parked(sources: Sources, found: Destination) -> Destination:
    """Count parked deliveries, only for destinations whose status says that there are some."""
    status = found.status
    if status.due_at is None:
        return found
    parked = sources.parked.count(status.tenant_id, status.type, most=COUNTED_PARKED)
    return replace(found, parked=parked)


def _with_records(destinations: Iterable[Destination], read: Recent) -> list[Destination]:
    fresh = {(one.tenant_id, one.type): one for one in freshness(read.lines)}
    lines: dict[tuple[str, str], list[RecordLine]] = defaultdict(list)
    for line in read.lines:
        lines[line.text("tenant_id"), line.text("type")].append(line)
    merged = []
    for each in destinations:
        which = (each.status.tenant_id, each.status.type)
        delivered = [line for line in lines[which] if line.text("Outcome") == DELIVERED]
        failed = [line.text("Outcome") for line in lines[which] if _failed(line)]
        at = fresh.get(which)
        merged.append(
            replace(
                each,
                last_success_at=max([each.status.last_success_at, *(line.at for line in delivered)]),
                deliveries=len(delivered),
                events=sum(line.count("Events") for line in delivered),
                bytes=sum(line.count("Bytes") for line in delivered),
                failed=dict(Counter(failed)),
                p50=at.p50 if at else None,
                p99=at.p99 if at else None,
            )
        )
    return merged


def _failed(line: "RecordLine") -> bool:
    return line.text("Outcome") != DELIVERED and line.text("Reason") not in NO_FAILURES
