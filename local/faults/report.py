"""The report of a run, on which scripts rely (contract §9), as JSON, as a table, and as the docs have it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from local.faults.verdict import Row
from local.reporting import console

WIDTH = 116
"""Characters that the table needs; a narrower terminal wraps it rather than cut numbers off."""

NUMBERS = ("injected", "sent", "delivered", "set_aside", "parked", "lost", "dead_lettered", "doubled", "doubled_bound")
HEADERS = ("kind", *(name.replace("_", " ") for name in NUMBERS), "delay added, s")


def write_report(path: Path, rows: Sequence[Row], **about: Any) -> None:
    """Write rows and what the run was (seed, seconds, the command)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**about, "rows": [row.as_dict() for row in rows]}, indent=2) + "\n")


def print_rows(rows: Sequence[Row]) -> None:
    """Print a row a kind; what broke the promise is red."""
    table = Table(title="Events, counted by content in every destination", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("kind", no_wrap=True)
    for name in HEADERS[1:]:
        table.add_column(name.replace(" ", "\n"), justify="right", vertical="bottom")
    for row in rows:
        table.add_row(*_cells(row), style=None if row.holds else "bold red")
    console.print(table, width=max(console.width, WIDTH), crop=False)


def markdown(rows: Sequence[Row]) -> str:
    """Write the table as a document has it."""
    lines = ["| " + " | ".join(HEADERS) + " |", "|---|" + "---:|" * (len(HEADERS) - 1)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    delay = "" if row.delay_added is None else f"{row.delay_added:+.2f}"
    return [row.kind, *(f"{getattr(row, name):,}" for name in NUMBERS), delay]
