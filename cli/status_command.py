"""``logrouter status``: the state of the installation, in a table that fits a terminal."""

from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from cli.connection import connection_of
from cli.operation.overview import COUNTED_PARKED, Destination, Overview, State, overview
from cli.operation.queues import SHOULD_BE_EMPTY
from cli.operation.sources import Sources
from cli.output import present
from cli.text_table import FAINT, WRONG, Column, Note, TextTable, count, identifier
from cli.times import ago, short
from cli.unknown_tenant import refuse_unknown
from runtime.iso_times import iso

OneTenant = Annotated[str | None, typer.Argument(metavar="[TENANT]", help="one tenant; without, all of them")]
STYLES: Final = {State.WORKS: "", State.UNTRIED: FAINT, State.DISABLED: FAINT}
CREATED_SHOWN_SECONDS: Final = 7 * 86_400
"""Ours: so long a log group that came back is shown."""


def show_status(context: typer.Context, tenant: OneTenant = None) -> None:
    """Show queues and each destination: freshness, rates, failures with their start and next step.

    It asks for no more than can be answered within seconds: status 0, whatever it shows.
    """
    sources = Sources(connection_of(context).installation())
    found = overview(sources, tenant)
    if tenant and not found.destinations:
        refuse_unknown(sources, tenant)
    present(document(found), *parts(found))


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
                "program": dict(status.program) or None,
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


def parts(found: Overview) -> list[TextTable | Note]:
    """Return what is printed."""
    shown: list[TextTable | Note] = [_queues(found), _destinations(found)]
    shown += [_failure(each, found.at) for each in found.destinations if each.state not in STYLES]
    shown += [
        _created_log_group(each)
        for each in found.destinations
        if found.at - each.status.log_group_created_at < CREATED_SHOWN_SECONDS
    ]
    return [*shown, *_footer(found)]


def _queues(found: Overview) -> TextTable:
    rows = [(name, depth.visible, depth.in_flight, depth.delayed) for name, depth in found.queues.items()]
    wrong = {
        index: WRONG
        for index, (name, depth) in enumerate(found.queues.items())
        if name in SHOULD_BE_EMPTY and depth.total
    }
    columns = ("queue", count("visible"), count("in flight"), count("delayed"))
    return TextTable(f"{found.region}, {iso(found.at)[:19]}Z", columns, rows, wrong)


def _destinations(found: Overview) -> TextTable:
    """Return the destinations. A pipe gets each value as it is, a terminal in the room that it has."""
    minutes = found.seconds / 60
    columns = (
        identifier("tenant"),
        identifier("type"),
        "state",
        Column("last ok", right=True, show=lambda at: ago(at or 0.0, found.at)),
        Column("late p50", right=True, show=short),
        Column("late p99", right=True, show=short),
        Column("objects /min", right=True, show=lambda rate: f"{rate:,.1f}"),
        Column("events /min", right=True, show=lambda rate: f"{rate:,.0f}"),
        count("failed"),
        Column("parked", right=True, show=lambda parked: f"{parked:,}{'+' if parked >= COUNTED_PARKED else ''}"),
    )
    rows = [
        (
            each.status.tenant_id, each.status.type, each.state.value, each.last_success_at or None, each.p50, each.p99,
            each.deliveries / minutes, each.events / minutes, sum(each.failed.values()), each.parked,
        )
        for each in found.destinations
    ]  # fmt: skip
    styles = {index: STYLES.get(each.state, WRONG) for index, each in enumerate(found.destinations)}
    return TextTable("", columns, rows, styles)


def _failure(each: Destination, now: float) -> Note:
    """Return what is wrong with a destination, since when, and who has to change what."""
    status, failure = each.status, each.status.failure
    title = f"\n{status.tenant_id} {status.type}: "
    if each.state is State.INVALID:
        return Note(f"{title}its delivery config is invalid: {each.problem}")
    if each.state is State.DELETED:
        return Note(f"{title}its delivery config was deleted; {each.parked:,} deliveries are parked")
    since = status.failing_since or status.last_failure_at
    lines = [f"{failure.get('reason', 'unknown')} since {iso(since)[:19]}Z ({ago(since, now)}), {each.state.value}"]
    if failure.get("action"):
        lines.append(f"  failed: {failure['action']} on {failure.get('resource') or 'AWS'}")
    lines.append(f"  to do:  {failure.get('next_step', '')}")
    if status.due_at:
        lines.append(f"  parked: {each.parked:,}; tried again at {iso(status.due_at)[:19]}Z at the latest")
    return Note(title + "\n".join(lines))


def _created_log_group(each: Destination) -> Note:
    """Return that a destination's log group was missing, which its owner wants to know."""
    status = each.status
    return Note(
        f"\n{status.tenant_id} {status.type}: its log group was missing; a delivery created it at "
        f"{iso(status.log_group_created_at)[:19]}Z, without retention, key, class and tags: set them again"
    )


def _footer(found: Overview) -> list[Note]:
    of = "" if found.complete else ", all there was time for"
    notes = [Note(f"\nrates and lateness: of the last {short(found.seconds)}{of}", FAINT)]
    if not found.destinations:
        notes.append(Note("no tenant has a delivery config yet: `logrouter config put` creates one"))
    if found.unshown:
        notes.append(Note(f"{found.unshown:,} of {found.tenants:,} tenants are not shown: ask for one", FAINT))
    return notes
