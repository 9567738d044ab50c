"""``logrouter arrived``, ``freshness``, ``cost``: questions about a tenant, answered within seconds."""

from dataclasses import asdict
from typing import Annotated, Final

import typer

from cli.config_commands import Tenant
from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.operation.arrival import Arrival, Arrivals, arrivals
from cli.operation.cost import cost
from cli.operation.freshness import EVENT, OBJECT, freshness
from cli.operation.recent import recent
from cli.operation.sources import Sources
from cli.output import present
from cli.status_command import OneTenant
from cli.text_table import WRONG, Column, Note, TextTable, count, identifier
from cli.times import ago, short
from cli.unknown_tenant import refuse_unknown, unknown
from runtime.costs.tenant import total
from runtime.delivery_config.facts import Payer
from runtime.iso_times import iso

MINUTE: Final = 60.0
FROM: Final = {EVENT: "the event", OBJECT: "the object"}
Minutes = Annotated[float, typer.Option("--minutes", min=1, help="how far back, by the time in the objects' names")]


def seconds(name: str) -> Column:
    """Return a column of durations: a person sees them in their largest unit."""
    return Column(name, right=True, show=short)


def show_arrivals(context: typer.Context, tenant: Tenant, *, minutes: Minutes = 60) -> None:
    """Did the tenant's logs arrive? Count recent objects and their deliveries. Status 1 if some didn't."""
    sources = Sources(connection_of(context).installation())
    now = sources.clock()
    found = arrivals(sources, tenant, now - minutes * MINUTE, now + MINUTE)  # an agent may be ahead
    if not found.known:
        raise unknown(tenant, "neither a delivery config nor an object")
    present(asdict(found), _arrived(found), *_notes(found, now))
    if not found.all_well:
        raise typer.Exit(ExitStatus.FINDINGS)


def show_freshness(context: typer.Context, tenant: OneTenant = None) -> None:
    """How late? Show the time from an event until its destination has acknowledged it: p50, p99, worst."""
    sources = Sources(connection_of(context).installation())
    read = recent(sources.records, sources.clock(), tenant_id=tenant)
    if tenant and not read.lines:
        refuse_unknown(sources, tenant)
    found = freshness(read.lines)
    columns = (
        identifier("tenant"), identifier("type"), count("deliveries"),
        seconds("p50"), seconds("p99"), seconds("worst"), "counted from",
    )  # fmt: skip
    rows = [
        (one.tenant_id, one.type, one.deliveries, one.p50, one.p99, one.worst, FROM[one.counted_from]) for one in found
    ]
    document = {"seconds": read.seconds, "complete": read.complete, "destinations": [asdict(each) for each in found]}
    notes = [] if found else [Note("nothing new was delivered in that time")]
    present(document, TextTable(f"Lateness of the last {short(read.seconds)}", columns, rows), *notes)


def show_cost(context: typer.Context, tenant: Tenant) -> None:
    """What does the tenant cost? Price its deliveries of the last day, extrapolated to a month."""
    sources = Sources(connection_of(context).installation())
    found = cost(sources, tenant)
    if not found.usage.objects:
        refuse_unknown(sources, tenant)
    rows = [(each.payer.value, f"{each.part}: {each.what}", each.dollars) for each in found.items]
    rows += [(payer.value, "all", total(found.items, payer=payer)) for payer in Payer]
    dollars = Column("dollars", right=True, show=lambda value: f"{value:,.2f}")
    title = f"{tenant}: a month, by the last {short(found.seconds)}"
    present(asdict(found), TextTable(title, ("paid by", "for", dollars), rows))


def _arrived(found: Arrivals) -> TextTable:
    title = f"{found.tenant_id}: {found.written:,} objects written since {iso(found.since)[:19]}Z"
    numbers = ("wanted", "arrived", "events", "set aside", "empty", "missing")
    rows = [
        (one.type, one.objects, one.delivered, one.events, one.set_aside, one.left_out, sum(one.missing.values()))
        for one in found.destinations
    ]
    wrong = {index: WRONG for index, row in enumerate(rows) if row[-1]}
    return TextTable(title, (identifier("destination"), *map(count, numbers)), rows, wrong)


def _notes(found: Arrivals, now: float) -> list[Note]:
    lines: list[str] = []
    for each in found.destinations:
        lines += [f"{each.type}: {number:,} {reason}" for reason, number in sorted(each.missing.items())]
        if each.oldest_missing:
            lines.append(f"  the oldest was written {ago(each.oldest_missing, now)} ago")
        if each.before_config:
            lines += _backfill(found, each)
    for type_ in found.unreadable:
        wrong = f"{type_}: the config can't be read; its deliveries wait"
        lines.append(f"{wrong}. `logrouter config list {found.tenant_id}` says why")
    if not found.destinations:
        lines.append("the tenant has no enabled delivery config: nothing is delivered")
    if not found.complete:
        lines.append("not all records could be read in time: ask for fewer --minutes")
    return [Note(line) for line in lines]


def _backfill(found: Arrivals, each: Arrival) -> list[str]:
    times = f"--since {iso(found.since)} --until {iso(each.config_at)}"
    command = f"logrouter replay start {found.tenant_id} --type {each.type} {times}"
    written = f"{each.type}: {each.before_config:,} were written before the config's last change"
    return [written, f"  to deliver them: {command}"]
