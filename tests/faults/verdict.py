"""A kind's row: what was sent against what arrived, event by event and object by object, when its faults are over."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

from local.accounting.comparison import destination_key
from local.accounting.destinations import bucket_objects, log_group_events, set_aside_events
from local.accounting.events import SentEvent, events_of, rejoin_split, stream_of, text_of, without_empty
from local.loader.objects import LogObject
from runtime.objects.events import MAX_AHEAD_MS
from tests.faults.call import POD
from tests.faults.endpoint import Endpoint
from tests.faults.kind import BASELINE, Kind
from tests.faults.scene import Scene
from tests.faults.tenants import Place, Tenant

RATIO_BOUND: Final = 1.1
"""Of a healthy tenant's median delay beside a broken one, to its own."""

TAKEN_FOR: Final = timedelta(days=14)
"""CloudWatch takes no event older than that (PutLogEvents API reference); those alone may be set aside."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one destination, or several: events.

    :param parked: neither there nor set aside, of a delivery that is still parked. :param lost: nor that.
    :param doubled: copies beyond one. :param doubled_bound: how many copies what was injected allows.
    :param doubled_beyond: copies that an object has beyond what was injected into its own deliveries.
    :param misplaced: events of one stream and time in another order than they were written in, and what nobody sent.
    """

    sent: int = 0
    delivered: int = 0
    set_aside: int = 0
    parked: int = 0
    lost: int = 0
    doubled: int = 0
    doubled_bound: int = 0
    doubled_beyond: int = 0
    misplaced: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Add up."""
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Tally)))


@dataclass(frozen=True, slots=True)
class Row:
    """One kind in the report. Events are counted once for each destination that was owed them.

    :param call: those that met a fault. :param injected: faults that a caller met.
    :param dead_lettered: messages that had to be redriven at the end. :param delay_added: seconds, median of the
        healthy sibling's (or the quiet tenant's) deliveries over the median without faults; ``None``: none arrived.
    :param healthy_delay_ratio: a healthy tenant's median delay beside the broken one, to its own; the median of several
        rounds. :param error: what kept the kind from being run, or judged, to its end.
    """

    kind: str
    call: str = ""
    host: str = ""
    injected: int = 0
    tally: Tally = field(default_factory=Tally)
    dead_lettered: int = 0
    delay_added: float | None = None
    healthy_delay_ratio: float | None = None
    error: str = ""

    @property
    def broken(self) -> list[str]:
        """Name the promises that were broken; empty where all were kept."""
        found, tally = [], self.tally
        if self.error:
            found.append(f"not judged: {self.error}")
        if not self.injected and self.kind != BASELINE:
            found.append("no fault was met")
        found += [f"{getattr(tally, name)} {name}" for name in ("lost", "parked", "misplaced") if getattr(tally, name)]
        if tally.sent != tally.delivered + tally.set_aside + tally.parked + tally.lost:
            found.append("the events don't add up")
        if tally.doubled_beyond or tally.doubled > tally.doubled_bound:
            found.append(f"{max(tally.doubled_beyond, tally.doubled - tally.doubled_bound)} doubled beyond the bound")
        if self.healthy_delay_ratio is not None and self.healthy_delay_ratio >= RATIO_BOUND:
            found.append(f"healthy tenants took {self.healthy_delay_ratio:.2f} times as long")
        return found

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken

    def as_dict(self) -> dict[str, Any]:
        """Return it as the report has it."""
        plain = asdict(self)
        tally = plain.pop("tally")
        return {**plain, **tally, "broken": self.broken}


def judge(scene: Scene, kind: Kind, dead_lettered: int, baseline: Mapping[str, float]) -> Row:
    """Count a kind's tenants. Whatever goes wrong in it is the row's error."""
    calls = " ".join(scene.ledger.calls_met(kind.name))
    row = Row(kind.name, calls, kind.host.value, scene.injected, dead_lettered=dead_lettered, error=scene.error)
    try:
        tally = sum((count(scene, tenant) for tenant in scene.tenants), Tally())
        return Row(
            *(row.kind, row.call, row.host, row.injected),
            tally=tally,
            dead_lettered=dead_lettered,
            delay_added=delay_added(scene, kind, baseline),
            healthy_delay_ratio=scene.healthy_delay_ratio(),
            error=scene.error,
        )
    except Exception as error:  # noqa: BLE001 - the other kinds' rows don't depend on it
        return Row(*(row.kind, row.call, row.host, row.injected), error=f"{scene.error} {error!r}".strip())


def count(scene: Scene, tenant: Tenant) -> Tally:
    """Compare a tenant's log group and bucket with what was sent."""
    place, sent = scene.place, scene.sent.get(tenant.tenant_id, [])
    parked = parked_keys(place, tenant)
    events = scene.ledger.acknowledged.get(tenant.tenant_id)
    if events is None:
        events = log_group_events(tenant.client(place, "logs"), tenant.log_group)
    s3, central = tenant.client(place, "s3"), place.central("s3")
    copies = {**scene.kept_objects.get(tenant.tenant_id, {}), **bucket_objects(s3, tenant.bucket, "")}
    aside = set_aside_events(central, place.environment.central_bucket, tenant.tenant_id, "cloudwatch")
    expected = {one.key: expected_events(one, _modified_ms(scene, one)) for one in sent}
    total = judge_log_group(
        expected, events, aside, parked, lambda pod: scene.ledger.may_be_doubled(tenant.tenant_id, pod)
    ) + judge_bucket(sent, copies, tenant.configs["s3"]["bucket_prefix"], parked)
    if scene.endpoint is not None and tenant is scene.tenant:
        total += _count_endpoint(scene, scene.endpoint, sent, parked)
    return total


def _count_endpoint(
    scene: Scene, endpoint: Endpoint, sent: Sequence[LogObject], parked: AbstractSet[tuple[str, str]]
) -> Tally:
    """Compare an endpoint with what it is owed: no event of it is too old, and none may be set aside."""
    tenant_id = scene.tenant.tenant_id

    def may_be_doubled(pod: str) -> int:
        return 0 if endpoint.form.knows_ids else scene.ledger.may_be_doubled(tenant_id, pod, outside=True)

    expected = {one.key: without_empty(events_of(one)) for one in sent}
    type_ = endpoint.form.type
    return judge_log_group(expected, endpoint.sink.events(), (), parked, may_be_doubled, type_=type_, ordered=False)


def _modified_ms(scene: Scene, object_: LogObject) -> int | None:
    """Read when an object was written, where an event of it is ahead of this clock."""
    if max(event.timestamp_ms for event in events_of(object_)) <= datetime.now(UTC).timestamp() * 1000:
        return None
    bucket = scene.place.environment.central_bucket
    modified = scene.place.central("s3").head_object(Bucket=bucket, Key=object_.key)["LastModified"]
    return int(modified.timestamp()) * 1000


def expected_events(object_: LogObject, modified_ms: int | None) -> list[SentEvent]:
    """Return the events of an object that a log group is owed: one after its LastModified takes that (contract §5)."""
    events = without_empty(events_of(object_))
    if modified_ms is None:
        return events
    return [
        SentEvent(event.stream, modified_ms, event.message)
        if event.timestamp_ms > modified_ms + MAX_AHEAD_MS
        else event
        for event in events
    ]


def judge_log_group(
    expected: Mapping[str, Sequence[SentEvent]],
    found: Sequence[SentEvent],
    aside: Sequence[SentEvent],
    parked: AbstractSet[tuple[str, str]],
    may_be_doubled: Callable[[str], int],
    *,
    type_: str = "cloudwatch",
    ordered: bool = True,
) -> Tally:
    """Compare a log group with what it is owed. Each object has a stream of its own, and answers for itself alone.

    :param expected: events by object key. :param found: in the order in which each stream holds them.
    :param parked: (type, object key). :param may_be_doubled: events, by an object's pod.
    :param type_: of the config. :param ordered: events of one time stand in their order; at an endpoint they needn't.
    """
    streams: dict[str, list[SentEvent]] = defaultdict(list)
    for event in found:
        streams[event.stream].append(event)
    set_aside = Counter(event for event in aside if _is_too_old(event))
    total = Tally()
    for key, events in expected.items():
        there_in_order = rejoin_split(streams.pop(stream_of(key), []), events)
        owed, there = Counter(events), Counter(there_in_order)
        good = owed & there
        refused = set_aside & (owed - there)
        missing = (owed - there - refused).total()
        is_parked = (type_, key) in parked
        doubled = sum(max(0, count - owed[event]) for event, count in there.items() if event in owed)
        foreign = sum(count for event, count in there.items() if event not in owed)
        bound = may_be_doubled(_pod(key))
        total += Tally(
            sent=owed.total(),
            delivered=good.total(),
            set_aside=refused.total(),
            parked=missing if is_parked else 0,
            lost=0 if is_parked else missing,
            doubled=doubled,
            doubled_bound=bound,
            doubled_beyond=max(0, doubled - bound),
            misplaced=foreign + (out_of_order(events, there_in_order) if ordered else 0),
        )
    return total + Tally(misplaced=sum(map(len, streams.values())))


def judge_bucket(
    sent: Sequence[LogObject], found: Mapping[str, bytes], prefix: str, parked: AbstractSet[tuple[str, str]]
) -> Tally:
    """Compare a bucket with what it is owed: each object at its own key, with the same lines, and nothing else."""
    total, left = Tally(), dict(found)
    for object_ in sent:
        body = left.pop(destination_key(prefix, object_.key), None)
        owed = len(without_empty(events_of(object_)))
        is_there = body is not None and text_of(body) == text_of(object_.body)
        missing = 0 if is_there else owed
        is_parked = ("s3", object_.key) in parked
        total += Tally(
            sent=owed,
            delivered=owed - missing,
            parked=missing if is_parked else 0,
            lost=0 if is_parked else missing,
            misplaced=0 if is_there or body is None else text_of(body).count(b"\n"),
        )
    return total + Tally(misplaced=sum(text_of(body).count(b"\n") for body in left.values()))


def _pod(key: str) -> str:
    found = POD.search(key)
    return found[0] if found else ""


def _is_too_old(event: SentEvent) -> bool:
    return datetime.fromtimestamp(event.timestamp_ms / 1000, UTC) < datetime.now(UTC) - TAKEN_FOR


def out_of_order(written: Sequence[SentEvent], found: Sequence[SentEvent]) -> int:
    """Return how many events stand elsewhere among those of their time than where they were written.

    Of what arrived twice the first counts: what a lawful repetition adds stands behind it.
    """
    places: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for number, events in enumerate((written, found)):
        for event in events:
            places[event.timestamp_ms][number].append(event.message)
    count = 0
    for messages, there in places.values():
        first = [message for message in dict.fromkeys(there) if message in messages]
        expected = [message for message in dict.fromkeys(messages) if message in first]
        count += sum(one != other for one, other in zip(first, expected, strict=True))
    return count


def parked_keys(place: Place, tenant: Tenant) -> set[tuple[str, str]]:
    """Return (type, object key) of a tenant's parked deliveries."""
    # The table also has the destinations' statuses and the replays' progress; those have no message.
    return {(one["type"]["S"], one["object_key"]["S"]) for one in _items(place, tenant) if "message" in one}


def waits(place: Place, tenant: Tenant) -> bool:
    """Whether a tenant has a parked delivery, or a replay that isn't done."""
    return any("message" in one or one.get("state") == {"S": "running"} for one in _items(place, tenant))


def _items(place: Place, tenant: Tenant) -> list[dict[str, Any]]:
    query = place.central("dynamodb").get_paginator("query")
    pages = query.paginate(
        TableName=place.outputs["ParkedDeliveriesTableName"],
        KeyConditionExpression="tenant_id = :id",
        ExpressionAttributeValues={":id": {"S": tenant.tenant_id}},
    )
    return [item for page in pages for item in page["Items"]]


def delay_added(scene: Scene, kind: Kind, baseline: Mapping[str, float]) -> float | None:
    """Return how much later than without faults the healthy deliveries arrived; ``None``: nothing can be compared."""
    healthy = scene.tenants[1:] if kind.beside == "quiet" else scene.tenants
    where = [(one.tenant_id, "s3" if kind.beside == "s3" else one.log_group) for one in healthy]
    delays = [delay for one in where for delay in scene.ledger.delays(*one)]
    usual = baseline.get("s3" if kind.beside == "s3" else "logs")
    return round(median(delays) - usual, 3) if delays and usual is not None else None
