"""What an object costs in calls, by action, nothing being wrong: ``python -m benchmarks.calls``.

A process that has just started works off small objects of several tenants. What is called for once in a while (a
session, the configs, a destination's status, ten messages at once) is divided by the objects that shared it.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cases import Case, make_cases
from benchmarks.contender import Contender

REPORT = Path("build/bench/calls.json")
OBJECTS, TENANTS = 1_000, 10
SETTINGS = {"PARKED_DELIVERIES_TABLE": "parked"}
"""With it a destination's status is kept, as in every deployment."""

WHEN = {
    "AssumeRole": "a session, once an hour",
    "CopyObject": "each delivery to a bucket",
    "DeleteMessageBatch": "as many messages as have just been settled",
    "GetItem": "the note of changed configs, every five seconds of work (decision 91)",
    "GetObject": "each object that is delivered to a log group",
    "PutLogEvents": "each batch of a delivery to a log group",
    "Query": "a tenant's delivery configs, once in CONFIG_CACHE_SECONDS",
    "ReceiveMessage": "up to ten messages",
    "ChangeMessageVisibilityBatch": "the messages of a receive",
    "UpdateItem": "a destination's status, once in five minutes and process (decision 29)",
}


def main() -> int:
    """Measure, print a row for each action, write the report."""
    with TemporaryDirectory() as directory:
        rows = [row for case in _cases(Path(directory)) for row in measure(case)]
    for row in rows:
        print(
            f"{row['case']:8} {row['action']:28} {row['calls']:6,} calls  {row['calls_per_object']:6.3f} an object  "
            f"{WHEN.get(row['action'], '')}"
        )
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"objects": OBJECTS, "tenants": TENANTS, "rows": rows}, indent=1) + "\n")
    return 0


def measure(case: Case) -> Iterator[dict[str, Any]]:
    """Yield a row for each action that was called.

    :raises benchmarks.contender.LostError: not everything was delivered.
    """
    with Contender("ours", case, destinations=1, latency_ms=0, settings=SETTINGS) as contender:
        calls = contender.round().calls
    for action, count in sorted(calls.items(), key=lambda one: (-one[1], one[0])):
        yield {
            "case": case.name,
            "action": action,
            "calls": count,
            "calls_per_object": round(count / case.objects, 4),
        }


def _cases(directory: Path) -> Iterator[Case]:
    (small,) = make_cases(directory, ["small"], OBJECTS)
    small = replace(small, tenants=TENANTS)
    yield replace(small, name="logs")
    yield replace(small, name="buckets", copies=True)


if __name__ == "__main__":
    sys.exit(main())
