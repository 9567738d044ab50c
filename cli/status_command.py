"""``logrouter status``: the state of the installation, in a table that fits a terminal."""

import time
from dataclasses import asdict
from typing import Annotated, Any, Final, NoReturn

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.config_commands import AsJson
from cli.connection import connection_of
from cli.operation.overview import COUNTED_PARKED, Destination, Overview, State, overview
from cli.operation.queues import SHOULD_BE_EMPTY
from cli.operation.sources import Sources
from cli.output import console, print_json, readable_problems
from cli.times import ago, short
from cli.unknown_tenant import refuse_unknown
from runtime.delivery_state.parked_delivery import iso

OneTenant = Annotated[str | None, typer.Argument(metavar="[TENANT]", help="one tenant; without, all of them")]
EVERY: Final = 5.0
STYLES: Final = {State.WORKS: None, State.UNTRIED: "dim", State.DISABLED: "dim"}
WRONG: Final = "bold red"
CREATED_SHOWN_SECONDS: Final = 7 * 86_400
"""Ours: so long a log group that came back is shown."""


def show_status(
    context: typer.Context,
    tenant: OneTenant = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="again and again, until Ctrl-C")] = False,
    every: Annotated[float, typer.Option("--every", min=1, help="seconds between, with --watch")] = EVERY,
    as_json: AsJson = False,
) -> None:
    """Show queues and each destination: freshness, rates, failures with their start and next step.

    It asks for no more than can be answered within seconds: status 0, whatever it shows.
    """
    sources = Sources(connection_of(context).installation())
    with readable_problems():
        if watch and not as_json:
            _watch(sources, tenant, every)
        found = overview(sources, tenant)
        if tenant and not found.destinations:
            refuse_unknown(sources, tenant)
    if as_json:
        print_json(document(found))
    else:
        console.print(picture(found))


def _watch(sources: Sources, tenant: str | None, every: float) -> NoReturn:
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(picture(overview(sources, tenant)), refresh=True)
            time.sleep(every)


def document(found: Overview) -> dict[str, Any]:
    """Return it for a program: times in ISO 8601, durations in seconds."""
    destinations = []
    for each in found.destinations:
        status = each.status
        times = {
            "last_success_at": each.last_success_at,
            "last_failure_at": status.last_failure_at,
            "failing_since": status.failing_since,
            "next_probe_at": status.due_at,
            "log_group_created_at": status.log_group_created_at,
        }
        destinations.append(
            {
                "tenant_id": status.tenant_id,
                "type": status.type,
                "state": each.state.value,
                **{name: iso(at) if at else None for name, at in times.items()},
                "failure": dict(status.failure) if each.state in (State.FAILING, State.PARKED) else None,
                "problem": each.problem or None,
                "lag_seconds": status.lag_seconds,
                "freshness_p50_seconds": each.p50,
                "freshness_p99_seconds": each.p99,
                "deliveries": each.deliveries,
                "events": each.events,
                "bytes": each.bytes,
                "failed": dict(each.failed),
                "parked": each.parked,
            }
        )
    return {
        "at": iso(found.at),
        "region": found.region,
        "queues": {name: asdict(depth) for name, depth in found.queues.items()},
        "destinations": destinations,
        "records_seconds": found.seconds,
        "records_complete": found.complete,
        "tenants": found.tenants,
        "tenants_unshown": found.unshown,
    }


def picture(found: Overview) -> RenderableType:
    """Return what is printed."""
    parts: list[RenderableType] = [_queues(found), _destinations(found)]
    parts += [_failure(each, found.at) for each in found.destinations if each.state not in STYLES]
    parts += [
        _created_log_group(each)
        for each in found.destinations
        if found.at - each.status.log_group_created_at < CREATED_SHOWN_SECONDS
    ]
    parts.append(_footer(found))
    return Group(*parts)


def _queues(found: Overview) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1), title=f"{found.region}, {iso(found.at)[:19]}Z", title_style="bold"
    )
    table.add_column("queue")
    for name in ("visible", "in flight", "delayed"):
        table.add_column(name, justify="right")
    for name, depth in found.queues.items():
        style = WRONG if name in SHOULD_BE_EMPTY and depth.total else None
        table.add_row(name, f"{depth.visible:,}", f"{depth.in_flight:,}", f"{depth.delayed:,}", style=style)
    return table


def _destinations(found: Overview) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("destination", overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("last\nok", "late\np50", "late\np99", "objects\n/min", "events\n/min", "failed", "parked"):
        table.add_column(name, justify="right", no_wrap=True, vertical="bottom")
    for each in found.destinations:
        table.add_row(*_row(each, found), style=STYLES.get(each.state, WRONG))
    return table


def _row(each: Destination, found: Overview) -> list[str | Text]:
    minutes = found.seconds / 60
    more = "+" if each.parked >= COUNTED_PARKED else ""
    return [
        Text(f"{each.status.tenant_id} {each.status.type}"),
        each.state.value,
        ago(each.last_success_at, found.at),
        short(each.p50),
        short(each.p99),
        f"{each.deliveries / minutes:,.1f}",
        f"{each.events / minutes:,.0f}",
        f"{sum(each.failed.values()):,}",
        f"{each.parked:,}{more}",
    ]


def _failure(each: Destination, now: float) -> Text:
    """Return what is wrong with a destination, since when, and who has to change what."""
    status, failure = each.status, each.status.failure
    text = Text(f"\n{status.tenant_id} {status.type}: ", style="bold")
    if each.state is State.INVALID:
        return text.append(f"its delivery config is invalid: {each.problem}", style="not bold")
    if each.state is State.DELETED:
        return text.append(f"its delivery config was deleted; {each.parked:,} deliveries are parked", style="not bold")
    since = status.failing_since or status.last_failure_at
    lines = [f"{failure.get('reason', 'unknown')} since {iso(since)[:19]}Z ({ago(since, now)}), {each.state.value}"]
    if failure.get("action"):
        lines.append(f"  failed: {failure['action']} on {failure.get('resource') or 'AWS'}")
    lines.append(f"  to do:  {failure.get('next_step', '')}")
    if status.due_at:
        lines.append(f"  parked: {each.parked:,}; tried again at {iso(status.due_at)[:19]}Z at the latest")
    return text.append("\n".join(lines), style="not bold")


def _created_log_group(each: Destination) -> Text:
    """Return that a destination's log group was missing, which its owner wants to know."""
    status = each.status
    return Text(f"\n{status.tenant_id} {status.type}: ", style="bold").append(
        f"its log group was missing; a delivery created it at {iso(status.log_group_created_at)[:19]}Z, "
        "without retention, key, class and tags: set them again",
        style="not bold",
    )


def _footer(found: Overview) -> Text:
    lines = [
        f"\nrates and lateness: of the last {short(found.seconds)}"
        + ("" if found.complete else ", all there was time for")
    ]
    if found.unshown:
        lines.append(f"{found.unshown:,} of {found.tenants:,} tenants are not shown: ask for one")
    return Text("\n".join(lines), style="dim")
