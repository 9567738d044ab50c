"""Whose time a line got, over the recorded control planes: ``python -m benchmarks.line_times [--write]``.

Per component the share of lines whose time was taken from the line, and what the others look like. ``--write`` renews
that part of ``docs/collection.md``.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.pages import renewed
from local.loader.agent import Agent, source_event
from local.loader.recorded_logs import read_archive
from local.paths import ROOT

PAGE = ROOT / "docs" / "collection.md"
MARK = "line times"


@dataclass
class Component:
    """A component's lines, and those without a time of their own by what they look like."""

    lines: int = 0
    misses: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """The share of lines whose time was taken from the line."""
        return 1 - self.misses.total() / self.lines


def recorded_events() -> Iterable[dict[str, Any]]:
    """Return what the programs make of every recorded line."""
    lines = (source_event(file, record) for file, records in read_archive() for record in records)
    return (json.loads(event["message"]) for event in Agent({"CLUSTER_ID": "demo"}).events(lines))


def components(events: Iterable[Mapping[str, Any]]) -> dict[str, Component]:
    """Count events by application."""
    found: dict[str, Component] = {}
    for event in events:
        component = found.setdefault(event["application"], Component())
        component.lines += 1
        if event["timestamp_source"] != "line":
            component.misses[shape(event["message"])] += 1
    return dict(sorted(found.items()))


def shape(message: str) -> str:
    """Return what kind of line without a time it is."""
    if not message.strip():
        return "empty lines"
    if message[0] in " \t":
        return "indented lines, of a stack, a dump or a flag's help"
    if message.startswith("[-]"):
        return "a health check's list, `[-]…`"
    if "(" in message and message.rstrip().endswith((")", "})")):
        return "a stack's functions, like `runtime.goexit({})`"
    begin = re.match(r"[A-Za-z/]+(?: by)?", message)
    return f"lines that begin `{begin[0]}`" if begin else "other lines"


def section(found: Mapping[str, Component]) -> str:
    """Write the page's table."""
    rows = ["| component | lines | time from the line | the others |", "|---|---:|---:|---|"]
    for name, component in found.items():
        misses = "; ".join(f"{count} {kind}" for kind, count in component.misses.most_common())
        rows.append(f"| {name} | {component.lines:,} | {component.share:.1%} | {misses} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/collection.md")
    text = section(components(recorded_events()))
    if parser.parse_args().write:
        PAGE.write_text(renewed(PAGE.read_text(), MARK, text))
    else:
        print(text)


if __name__ == "__main__":
    main()
