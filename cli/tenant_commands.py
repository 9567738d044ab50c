"""``logrouter arrived``, ``freshness``, ``cost``: questions about a tenant, answered within seconds."""

from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from cli.config_commands import AsJson, Tenant
from cli.connection import connection_of
from cli.operation.arrival import Arrival, Arrivals, arrivals
from cli.operation.cost import cost
from cli.operation.freshness import EVENT, freshness
from cli.operation.recent import recent
from cli.operation.sources import Sources
from cli.output import console, print_json, readable_problems
from cli.status_command import WRONG, OneTenant
from cli.times import ago, short
from cli.unknown_tenant import refuse_unknown
from runtime.costs.tenant import Payer, total
from runtime.delivery_state.parked_delivery import iso

MINUTE: Final = 60.0
Minutes = Annotated[float, typer.Option("--minutes", min=1, help="how far back, by the time in the objects' names")]


def show_arrivals(context: typer.Context, tenant: Tenant, *, minutes: Minutes = 60, as_json: AsJson = False) -> None:
    """Did the tenant's logs arrive? Count recent objects and their deliveries. Status 1 if some didn't."""
    sources = Sources(connection_of(context).installation())
    now = sources.clock()
    with readable_problems():
        found = arrivals(sources, tenant, now - minutes * MINUTE, now + MINUTE)  # an agent may be ahead
    if as_json:
        print_json(asdict(found))
    else:
        _print_arrivals(found, now)
    if not found.all_well:
        raise typer.Exit(1)


def show_freshness(context: typer.Context, tenant: OneTenant = None, *, as_json: AsJson = False) -> None:
    """How late? Show the time from an event until its destination has acknowledged it: p50, p99, worst."""
    sources = Sources(connection_of(context).installation())
    with readable_problems():
        read = recent(sources.records, sources.clock(), tenant_id=tenant)
        if tenant and not read.lines:
            refuse_unknown(sources, tenant)
    found = freshness(read.lines)
    if as_json:
        print_json(
            {"seconds": read.seconds, "complete": read.complete, "destinations": [asdict(each) for each in found]}
        )
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title=f"Lateness of the last {short(read.seconds)}")
    table.add_column("destination", overflow="fold")
    for name in ("deliveries", "p50", "p99", "worst"):
        table.add_column(name, justify="right")
    table.add_column("counted from")
    for each in found:
        start = "the event" if each.counted_from == EVENT else "the object"
        numbers = (f"{each.deliveries:,}", short(each.p50), short(each.p99), short(each.worst))
        table.add_row(Text(f"{each.tenant_id} {each.type}"), *numbers, start)
    console.print(table)
    if not found:
        console.print("nothing was delivered in that time", markup=False)


def show_cost(context: typer.Context, tenant: Tenant, *, as_json: AsJson = False) -> None:
    """What does the tenant cost? Price its deliveries of the last day, extrapolated to a month."""
    sources = Sources(connection_of(context).installation())
    with readable_problems():
        found = cost(sources, tenant)
        if not found.usage.objects:
            refuse_unknown(sources, tenant)
    if as_json:
        print_json(asdict(found))
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title=f"{tenant}: a month, by the last {short(found.seconds)}")
    table.add_column("paid by")
    table.add_column("for")
    table.add_column("dollars", justify="right")
    for each in found.items:
        table.add_row(each.payer.value, f"{each.part.value}: {each.what}", f"{each.dollars:,.2f}")
    for payer in Payer:
        table.add_row(payer.value, "all", f"{total(found.items, payer=payer):,.2f}", style="bold")
    console.print(table)


def _print_arrivals(found: Arrivals, now: float) -> None:
    title = f"{found.tenant_id}: {found.written:,} objects written since {iso(found.since)[:19]}Z"
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title=title)
    table.add_column("destination")
    for name in ("wanted", "arrived", "events", "set aside", "empty", "missing"):
        table.add_column(name, justify="right")
    for each in found.destinations:
        missing = sum(each.missing.values())
        numbers = (each.objects, each.delivered, each.events, each.set_aside, each.left_out, missing)
        table.add_row(each.type, *(f"{number:,}" for number in numbers), style=WRONG if missing else None)
    console.print(table)
    for each in found.destinations:
        for reason, count in sorted(each.missing.items()):
            console.print(f"{each.type}: {count:,} {reason}", markup=False)
        if each.oldest_missing:
            console.print(f"  the oldest was written {ago(each.oldest_missing, now)} ago", markup=False)
        if each.before_config:
            _print_backfill(found, each)
    _print_what_is_wrong(found)
    if not found.complete:
        console.print("not all records could be read in time: ask for fewer --minutes", markup=False)


def _print_backfill(found: Arrivals, each: Arrival) -> None:
    console.print(f"{each.type}: {each.before_config:,} were written before the config's last change", markup=False)
    times = f"--since {iso(found.since)} --until {iso(each.config_at)}"
    command = f"logrouter replay start {found.tenant_id} --type {each.type} {times}"
    console.print(f"  to deliver them: {command}", markup=False, soft_wrap=True)


def _print_what_is_wrong(found: Arrivals) -> None:
    for type_ in found.unreadable:
        wrong = f"{type_}: the config can't be read; its deliveries wait"
        console.print(f"{wrong}. logrouter config list {found.tenant_id} says why", markup=False, style=WRONG)
    if not found.known:
        console.print(
            f"{found.tenant_id} has neither a delivery config nor an object: is the name right?", markup=False
        )
    elif not found.destinations:
        console.print("the tenant has no enabled delivery config: nothing is delivered", markup=False)
