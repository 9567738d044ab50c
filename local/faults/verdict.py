"""A kind's row: what was sent against what arrived, by content, when all faults are over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from local.accounting.comparison import count_bucket, count_log_group
from local.accounting.destinations import bucket_objects, log_group_events, set_aside_events
from local.accounting.events import SentEvent, events_of, without_empty
from local.faults.kind import Bound, Kind
from local.faults.ledger import Ledger
from local.faults.scene import Scene
from local.faults.short_timeouts import MESSAGES_AN_INVOCATION
from local.faults.tenants import Place, Tenant
from local.loader.objects import LogObject

MESSAGES_A_RECEIVE = 10
"""SQS API reference, ReceiveMessage: so many messages may come back when one process dies."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind in the report. Events are counted once for each destination that was owed them.

    :param misplaced: events of one stream and time that stand in another order than they were written in.
    :param dead_lettered: messages that had to be redriven at the end. :param delay_added: seconds, median of the
        healthy sibling's (or the quiet tenant's) deliveries over the median without faults; ``None``: none arrived.
    """

    kind: str
    injected: int
    sent: int
    delivered: int
    set_aside: int
    parked: int
    lost: int
    dead_lettered: int
    doubled: int
    doubled_bound: int
    misplaced: int
    delay_added: float | None

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not self.lost and not self.misplaced and self.doubled <= self.doubled_bound

    def as_dict(self) -> dict[str, Any]:
        """Give it as the report has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """Of one destination of one tenant."""

    sent: int
    delivered: int
    set_aside: int
    parked: int
    lost: int
    doubled: int
    misplaced: int = 0


def judge(scene: Scene, kind: Kind, ledger: Ledger, dead_lettered: int, baseline: dict[str, float]) -> Row:
    """Count a kind's tenants."""
    found = [one for tenant in scene.tenants for one in count(scene, tenant)]
    return Row(
        kind=kind.name,
        injected=scene.injected,
        sent=sum(one.sent for one in found),
        delivered=sum(one.delivered for one in found),
        set_aside=sum(one.set_aside for one in found),
        parked=sum(one.parked for one in found),
        lost=sum(one.lost for one in found),
        dead_lettered=dead_lettered,
        doubled=sum(one.doubled for one in found),
        doubled_bound=doubled_bound(scene, kind, ledger),
        misplaced=sum(one.misplaced for one in found),
        delay_added=delay_added(scene, kind, ledger, baseline),
    )


def count(scene: Scene, tenant: Tenant) -> list[Found]:
    """Compare a tenant's log group and bucket with what was sent."""
    place = scene.place
    sent = scene.sent.get(tenant.tenant_id, [])
    parked = parked_keys(place, tenant)
    events = scene.ledger.acknowledged.get(tenant.tenant_id)
    if events is None:
        events = log_group_events(tenant.client(place, "logs"), tenant.log_group)
    s3 = tenant.client(place, "s3")
    objects = {**scene.kept_objects.get(tenant.tenant_id, {}), **bucket_objects(s3, tenant.bucket, "")}
    bucket = place.environment.central_bucket
    aside = set_aside_events(place.central("s3"), bucket, tenant.tenant_id, "cloudwatch")
    groups = count_log_group(tenant.tenant_id, "cloudwatch", sent, events, aside)
    copies = count_bucket(tenant.tenant_id, "s3", sent, objects, tenant.configs["s3"]["bucket_prefix"])
    owed: Counter[SentEvent] = Counter()
    for object_ in sent:
        if ("cloudwatch", object_.key) in parked:
            owed.update(without_empty(events_of(object_)))
    parked_events = (owed - Counter(events) - Counter(aside)).total()
    parked_copies = sum(len(without_empty(events_of(object_))) for object_ in sent if ("s3", object_.key) in parked)
    parked_copies = min(parked_copies, copies.lost)
    return [
        Found(
            groups.expected,
            groups.delivered,
            groups.set_aside,
            parked_events,
            groups.lost - parked_events,
            groups.doubled,
            misplaced(sent, events),
        ),
        Found(copies.expected, copies.delivered, 0, parked_copies, copies.lost - parked_copies, copies.doubled),
    ]


def parked_keys(place: Place, tenant: Tenant) -> set[tuple[str, str]]:
    """Give (type, object key) of a tenant's parked deliveries."""
    table = place.outputs["ParkedDeliveriesTableName"]
    pages = (
        place.central("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="tenant_id = :id",
            ExpressionAttributeValues={":id": {"S": tenant.tenant_id}},
        )
    )
    items = [item for page in pages for item in page["Items"]]
    # The table also has the destinations' statuses and the replays' progress; those have no message.
    return {(item["type"]["S"], item["object_key"]["S"]) for item in items if "message" in item}


def doubled_bound(scene: Scene, kind: Kind, ledger: Ledger) -> int:
    """Give how many events may lawfully be there twice."""
    ids = [tenant.tenant_id for tenant in scene.tenants]
    bound = sum(ledger.unanswered[one] + ledger.returned[one] for one in ids)
    largest = max((len(events_of(object_)) for sent in scene.sent.values() for object_ in sent), default=0)
    bound += largest * sum(ledger.unanswered_sends[one] for one in ids)
    if kind.bound is Bound.CRASH:  # the timeouts that a freeze or a hang leads to are among them
        bound += scene.injected * MESSAGES_A_RECEIVE * largest
    else:
        bound += scene.timeouts * MESSAGES_AN_INVOCATION * largest
    if kind.bound is Bound.RESENT:
        bound += scene.injected * largest
    return bound


def delay_added(scene: Scene, kind: Kind, ledger: Ledger, baseline: dict[str, float]) -> float | None:
    """Give how much later than without faults the healthy deliveries arrived."""
    healthy = scene.tenants[1:] if kind.beside == "quiet" else scene.tenants
    where = [(one.tenant_id, "s3" if kind.beside == "s3" else one.log_group) for one in healthy]
    usual = baseline["s3" if kind.beside == "s3" else "logs"]
    if scene.phases:
        return round(median(scene.healthy_delays(broken=True)) - median(scene.healthy_delays(broken=False)), 3)
    delays = [delay for one in where for delay in ledger.delays(*one)]
    return round(median(delays) - usual, 3) if delays else None


def misplaced(sent: Sequence[LogObject], events: Sequence[SentEvent]) -> int:
    """Give how many events stand elsewhere among those of their stream and time than where they were written.

    Of what arrived twice the first counts: what a lawful repetition adds stands behind it.
    """
    written: dict[tuple[str, int], list[str]] = {}
    for object_ in sent:
        for event in without_empty(events_of(object_)):
            written.setdefault((event.stream, event.timestamp_ms), []).append(event.message)
    there: dict[tuple[str, int], list[str]] = {}
    for event in events:
        there.setdefault((event.stream, event.timestamp_ms), []).append(event.message)
    count = 0
    for place, messages in written.items():
        found = [message for message in dict.fromkeys(there.get(place, ())) if message in messages]
        expected = [message for message in messages if message in found]
        count += sum(one != other for one, other in zip(found, expected, strict=True))
    return count
