"""The results of the fuzzing, as JSON and as a table."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.table import Table

from local.reporting import console
from tests.fuzzing.run import Result


def write_report(path: Path, results: Sequence[Result], seed: int) -> None:
    """Write the result of every target."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {"seed": seed, "inputs": sum(one.inputs for one in results), "targets": [asdict(one) for one in results]}
    path.write_text(json.dumps(report, indent=2) + "\n")


def print_results(results: Sequence[Result]) -> None:
    """Print a row a target, and the findings below."""
    table = Table("target", title="Generated inputs", box=box.SIMPLE_HEAD)
    for name in ("inputs", "read", "refused or blank", "findings"):
        table.add_column(name, justify="right")
    for one in results:
        numbers = (one.inputs, one.read, one.refused, len(one.findings))
        table.add_row(one.name, *(f"{number:,}" for number in numbers), style="bold red" if one.findings else None)
    console.print(table)
    for finding in (finding for one in results for finding in one.findings):
        console.print(f"{finding.seed}: {finding.problem}", style="red", markup=False)
