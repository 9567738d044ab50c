"""The report of a run, on which scripts rely (contract §9), as JSON, as a table, and as the docs have it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from local.faults.measured import Measured
from local.faults.verdict import Row
from local.reporting import console

WIDTH = 116
"""Characters that the table needs; a narrower terminal wraps it rather than cut numbers off."""

NUMBERS = (
    "injected",
    "sent",
    "delivered",
    "set_aside",
    "parked",
    "lost",
    "dead_lettered",
    "doubled",
    "doubled_bound",
    "misplaced",
)
HEADERS = ("kind", *(name.replace("_", " ") for name in NUMBERS), "delay added, s")


def write_report(path: Path, rows: Sequence[Row], measured: Sequence[Measured], **about: Any) -> None:
    """Write rows, measured delays, and what the run was (seed, seconds, the command)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"rows": [row.as_dict() for row in rows], "measured": [one.as_dict() for one in measured]}
    path.write_text(json.dumps({**about, **found}, indent=2) + "\n")


def print_rows(rows: Sequence[Row]) -> None:
    """Print a row a kind; what broke the promise is red."""
    table = Table(title="Events, counted by content in every destination", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("kind", no_wrap=True)
    for name in HEADERS[1:]:
        table.add_column(name.replace(" ", "\n"), justify="right", vertical="bottom")
    for row in rows:
        table.add_row(*_cells(row), style=None if row.holds else "bold red")
    console.print(table, width=max(console.width, WIDTH), crop=False)


def print_measured(measured: Sequence[Measured]) -> None:
    """Print a line a delay that is bounded."""
    for one in measured:
        text = f"{one.what}: {one.seconds:.3f} s, at most {one.bound_seconds:.3f} s ({one.samples} deliveries)"
        console.print(text, style=None if one.holds else "bold red", highlight=False)


def markdown(rows: Sequence[Row], measured: Sequence[Measured] = ()) -> str:
    """Write the tables as a document has them."""
    lines = ["| " + " | ".join(HEADERS) + " |", "|---|" + "---:|" * (len(HEADERS) - 1)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    if measured:
        lines += ["", "| measured | s | bound, s | deliveries |", "|---|---:|---:|---:|"]
    lines += [f"| {one.what} | {one.seconds:.3f} | {one.bound_seconds:.3f} | {one.samples} |" for one in measured]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    delay = "" if row.delay_added is None else f"{row.delay_added:+.2f}"
    return [row.kind, *(f"{getattr(row, name):,}" for name in NUMBERS), delay]
