"""The report of a run, on which scripts rely (contract §9): written anew with each row, as JSON and as a table."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.reporting import console
from tests.faults.measured import Measured
from tests.faults.verdict import Row

NUMBERS = ("sent", "delivered", "set_aside", "parked", "lost", "doubled", "doubled_bound", "misplaced")
HEADERS = ("kind", "host", "injected", *(name.replace("_", " ") for name in NUMBERS), "dead lettered", "delay added, s")
HEADERS += ("healthy ratio",)
NAME_WIDTH = 42


@dataclass(slots=True)
class Report:
    """What has been judged so far. ``about``: what the run is (seed, the command)."""

    folder: Path
    about: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)

    def add(self, found: Row | Measured) -> None:
        """Take one in, print its line, write the report."""
        if isinstance(found, Row):
            if not self.rows:
                console.print(_line(HEADERS), style="bold", highlight=False, crop=False, soft_wrap=True)
            self.rows.append(found)
            text = _line(cells(found)) + "".join(f"\n    {what}" for what in found.broken)
        else:
            self.measured.append(found)
            text = f"{found.what}: {_measured(found)}"
        style = None if found.holds else "bold red"
        console.print(text, style=style, highlight=False, markup=False, crop=False, soft_wrap=True)
        self.write(complete=False)

    def write(self, *, complete: bool, **more: Any) -> None:
        """Write it; ``complete`` says whether the run has come to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = {"rows": [row.as_dict() for row in self.rows], "measured": [one.as_dict() for one in self.measured]}
        document = {**self.about, **more, "complete": complete, "holds": self.holds, **found}
        new = self.folder / "report.json.new"
        new.write_text(json.dumps(document, indent=2) + "\n")
        new.replace(self.folder / "report.json")
        (self.folder / "report.md").write_text(self.markdown())

    @property
    def holds(self) -> bool:
        """Whether every row holds. A delay that the documents bound is shown, and depends on the machine, too."""
        return bool(self.rows) and all(row.holds for row in self.rows)

    def markdown(self) -> str:
        """Write the tables as a document has them."""
        lines = ["| " + " | ".join(HEADERS) + " |", "|---|---|" + "---:|" * (len(HEADERS) - 2)]
        lines += ["| " + " | ".join(cells(row)) + " |" for row in self.rows]
        lines += ["", *(f"- **{row.kind}**: {'; '.join(row.broken)}" for row in self.rows if row.broken)]
        lines += ["", *(f"{one.what}: {_measured(one)}." for one in self.measured)]
        return "\n".join(lines).rstrip() + "\n"


def cells(row: Row) -> list[str]:
    """Return a row's cells, in the order of ``HEADERS``."""
    delay = "" if row.delay_added is None else f"{row.delay_added:+.2f}"
    ratio = "" if row.healthy_delay_ratio is None else f"{row.healthy_delay_ratio:.2f}"
    numbers = [f"{getattr(row.tally, name):,}" for name in NUMBERS]
    return [row.kind, row.host, f"{row.injected:,}", *numbers, f"{row.dead_lettered:,}", delay, ratio]


def _line(texts: list[str] | tuple[str, ...]) -> str:
    name, host, *others = texts
    widths = [max(8, len(header)) for header in HEADERS[2:]]
    numbers = " ".join(f"{text:>{width}}" for text, width in zip(others, widths, strict=True))
    return f"{name:<{NAME_WIDTH}} {host:<14} {numbers}"


def _measured(one: Measured) -> str:
    if one.seconds is None or one.bound_seconds is None:
        return f"not measured, {one.error}"
    return f"{one.seconds:.3f} s, at most {one.bound_seconds:.3f} s ({one.samples} deliveries)"
