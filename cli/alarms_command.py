"""``logrouter alarms``: which are firing, since when, and where to read on."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.operation.alarms import InstalledAlarm, installed_alarms
from cli.operation.sources import Sources
from cli.output import present
from cli.text_table import WRONG, Column, Note, TextTable, identifier
from cli.times import ago
from runtime.iso_times import iso


def list_alarms(
    context: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="also those that don't fire")] = False,
) -> None:
    """Which alarms are firing, since when, and which runbook helps? Status 1 if one is."""
    sources = Sources(connection_of(context).installation())
    found = installed_alarms(sources.clients)
    shown = [each for each in found if every or each.firing]
    firing = sum(each.firing for each in found)
    columns = (
        "state",
        Column("since", show=lambda at: f"{iso(at)[:19]}Z ({ago(at, sources.clock())})"),
        "severity",
        "what",
        identifier("runbook"),
    )
    rows = [(each.state, each.since, each.severity, _what(each), each.runbook) for each in shown]
    wrong = {index: WRONG for index, each in enumerate(shown) if each.firing}
    tables = [TextTable("Alarms", columns, rows, wrong)] if shown else []
    document = [{**asdict(each), "since": iso(each.since)} for each in shown]
    present(document, *tables, Note(f"{firing} of {len(found)} alarms are firing"))
    if firing:
        raise typer.Exit(ExitStatus.FINDINGS)


def _what(each: InstalledAlarm) -> str:
    return f"{each.title}. {each.text}"
