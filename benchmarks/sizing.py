"""The figures of ``docs/sizing.md``: ``python -m benchmarks.sizing [--write]``, after ``make bench bench-agent``.

From ``build/bench/agent.json`` and ``collection.json`` what an event costs, from the model of costs what objects cost
by batch, from the recorded logs how far gzip brings them.
"""

import argparse
import gzip
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import agent, collection
from benchmarks.pages import renewed
from local.loader.objects import log_objects
from local.paths import ROOT
from runtime.costs.assumptions import GIB
from runtime.costs.tenant import Delivered, Part, Usage, tenant_costs, total
from runtime.delivery_config.facts import Payer

PAGE = ROOT / "docs" / "sizing.md"
BUFFER_BYTES = 10 * GIB
BATCH_BYTES = 64 << 20
PODS = 10  # of a control plane, each an application of its own
EVENT_BYTES = 600  # a line of 250 bytes, as the agent writes it
BATCH_SECONDS = (10, 30, 60, 300)
TENANT_RATES = (100, 1_000, 10_000)  # events a second
NODE_RATES = (100, 1_000, 5_000, 20_000)


def cpu(whole: dict[str, Any], programs: dict[str, Any]) -> str:
    """Write what an event costs, by how much of the agent it passes."""
    lines = [
        f"| {whole['line_bytes']}-byte lines, one thread | µs an event | events/s and core | peak memory |",
        "|---|---:|---:|---:|",
        *(
            f"| {row['stage']} | {row['microseconds_per_event']:.1f} | {row['events_per_second_and_core']:,.0f} "
            f"| {row['peak_bytes'] >> 20} MiB |"
            for row in whole["rows"]
        ),
    ]
    each = {row["stage"]: row["microseconds_per_event"] for row in whole["rows"]}
    mixed = next(row for row in programs["rows"] if row["kind"] == "mixed")
    return "\n".join(lines) + (
        f"\n\nSo the programs take {each[agent.PROGRAMS] - each[agent.SOURCE]:.1f} µs in Vector; in the engine alone "
        f"{mixed['microseconds_per_event']:.1f} µs, {mixed['ratio_to_plain']:.1f} times a plain program's. The whole "
        f"agent does {each[agent.PLAIN] / each[agent.WHOLE]:.1f} times what the plain one does. Load of the machine: "
        f"{whole['load']:.1f}."
    )


def buffer(bytes_per_event: float) -> str:
    """Write how long the disk buffer lasts."""
    lines = [
        f"| events/s of a node | into the buffer, at {bytes_per_event:,.0f} bytes an event | 10 GiB last |",
        "|---:|---:|---:|",
    ]
    for rate in NODE_RATES:
        seconds = BUFFER_BYTES / (rate * bytes_per_event)
        lasts = f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.0f} min"  # noqa: PLR2004 - an hour
        lines.append(f"| {rate:,} | {rate * bytes_per_event / 1e6:,.2f} MB/s | {lasts} |")
    return "\n".join(lines)


def objects() -> str:
    """Write what a tenant's objects cost an hour, by batch and by how much it prints."""
    head = "".join(f" {rate:,} events/s |" for rate in TENANT_RATES)
    lines = [f"| `BATCH_SECONDS` | added delay, at most |{head}", "|---:|---:|" + "---:|" * len(TENANT_RATES)]
    for seconds in BATCH_SECONDS:
        cells = []
        for rate in TENANT_RATES:
            count = max(PODS * 3600 / seconds, rate * EVENT_BYTES * 3600 / BATCH_BYTES)
            gib = rate * EVENT_BYTES * 3600 / GIB
            items = tenant_costs(
                Usage(
                    days=1 / 24,
                    objects=count,
                    gib=gib,
                    delivered=dict.fromkeys(
                        ("cloudwatch", "s3"), Delivered(objects=count, gib=gib, events=rate * 3600)
                    ),
                )
            )
            puts = next(item.dollars for item in items if item.what == "objects written")
            ours = total(items, payer=Payer.PROVIDER) - total(items, part=Part.METRICS)
            cells.append(f" {count:,.0f}: ${puts:.4f} of ${ours:.4f} |")
        lines.append(f"| {seconds} | {seconds} s |{''.join(cells)}")
    return "\n".join(lines)


def compression() -> str:
    """Write how far gzip brings the recorded logs, as events and as their lines alone."""
    bodies = [gzip.decompress(each.body) for each in log_objects(datetime.now(UTC))]
    events = b"".join(bodies)
    lines = "".join(json.loads(line)["message"] + "\n" for line in events.splitlines()).encode()
    by_level = ", ".join(f"{len(events) / len(gzip.compress(events, level)):.1f}:1 at {level}" for level in (1, 6, 9))
    return (
        f"The recorded control planes, as events of this agent: {by_level} (gzip's level). An event is "
        f"{len(events) / len(lines):.1f} times its line; of the lines alone the object is "
        f"{len(lines) / len(gzip.compress(events, 6)):.1f}:1."
    )


def read(path: Path) -> dict[str, Any]:
    """Read a report, or end with what makes it."""
    if not path.exists():
        sys.exit(f"no {path}: `make bench` and `make bench-agent` write it")
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def main() -> None:
    """Print the sections, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/sizing.md")
    whole = read(agent.REPORT)
    sections = {
        "cpu": cpu(whole, read(collection.REPORT)),
        "buffer": buffer(whole["buffer_bytes_per_event"]),
        "objects": objects(),
        "compression": compression(),
    }
    write = parser.parse_args().write
    for mark, text in sections.items():
        if write:
            PAGE.write_text(renewed(PAGE.read_text(), mark, text))
        else:
            print(text + "\n")


if __name__ == "__main__":
    main()
