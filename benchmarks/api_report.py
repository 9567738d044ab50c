"""The figures of ``build/bench/api.json`` as tables: ``python -m benchmarks.api_report [--write]``.

``--write`` renews the part of ``docs/api.md`` between its two marks.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.api import FIRST, OUTPUT
from benchmarks.pages import renewed

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
MARK = "figures"
Report = Mapping[str, Any]


def section(report: Report) -> str:
    """Write the generated part of the page."""
    return "\n\n".join([_machine(report), _cold(report), _warm(report)])


def _machine(report: Report) -> str:
    return (
        f"{report['machine']}; one-minute load {report['load_at_start']} when it began. Medians of {report['rounds']} "
        f"processes each, in turns;\n{report['requests']} warm requests of each kind."
    )


def _cold(report: Report) -> str:
    lines = [
        "| first answer | lazily | all loaded before | CPU, lazily | CPU, all loaded before |",
        "|---|---:|---:|---:|---:|",
    ]
    for first in FIRST:
        cells = [
            report[kind][f"{mode} {first}"]["p50"] for kind in ("cold_ms", "cold_cpu_ms") for mode in ("lazy", "eager")
        ]
        lines.append(f"| {first} | " + " | ".join(f"{each:,.0f} ms" for each in cells) + " |")
    return "\n".join(lines)


def _warm(report: Report) -> str:
    lines = ["| warm | p50 | p99 |", "|---|---:|---:|"]
    for name, times in report["warm_ms"].items():
        lines.append(f"| {name} | {times['p50']:.1f} ms | {times['p99']:.1f} ms |")
    return "\n".join(lines)


def main() -> None:
    """Print the section, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/api.md")
    report = json.loads(OUTPUT.read_text())
    if parser.parse_args().write:
        PAGE.write_text(renewed(PAGE.read_text(), MARK, section(report)))
    else:
        print(section(report))


if __name__ == "__main__":
    main()
