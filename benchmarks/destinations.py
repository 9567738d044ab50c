"""What an event costs on its way to an endpoint, OpenSearch or Kafka: ``python -m benchmarks.destinations [--quick]``.

Beside a straightforward client of the same destination and beside reading alone, in one run; whole processes, so that a
contender's start and its libraries count, divided by many events. The real Kafka and OpenSearch need a JDK and Maven,
else it says so and leaves them out. Goals, of sending alone: 10 µs of CPU an event to an endpoint and to OpenSearch, 30
to Kafka.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.destination_servers import Destination, https_endpoint, kafka, opensearch
from benchmarks.log_objects import MIB, BenchmarkObject, write_recorded
from tests.destinations.servers.artifacts import ArtifactsMissingError

REPORT = Path("build/bench/destinations.json")
CONTENDERS = ("read", "ours", "straightforward")
GOALS = {"webhook": 10.0, "elasticsearch": 10.0, "kafka": 30.0}
"""µs of CPU an event, beside reading."""
PEAK_GOAL_BYTES = 88 * MIB
"""As with CloudWatch Logs: the most of all cases in docs/performance.md."""
SERVERS = {"webhook": https_endpoint, "elasticsearch": opensearch, "kafka": kafka}


def main() -> int:
    """Measure, print a table, write the report; status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of a small object")
    quick = parser.parse_args().quick
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as directory:
        size = (4 if quick else 32) * MIB
        source = write_recorded(Path(directory) / "object.json.gz", uncompressed_bytes=size, usual=True)
        for method, serve in SERVERS.items():
            home = Path(directory) / method
            home.mkdir()
            try:
                with serve(home) as destination:
                    rows += measure(method, destination, source, 1 if quick else 5)
            except ArtifactsMissingError as error:
                print(f"{method} isn't measured here: {error}")
    for row in rows:
        print(
            f"{row['method']:14} {row['contender']:16} {row['cpu_us_per_event']:7.2f} µs an event, "
            f"{row['sending_us_per_event']:7.2f} beside reading, peak {row['peak_rss_bytes'] / MIB:.0f} MiB"
        )
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return int(any(missed(row) for row in rows))


def missed(row: dict[str, Any]) -> bool:
    """Return whether one of ours costs more than it may."""
    costs = row["sending_us_per_event"] > GOALS[row["method"]] or row["peak_rss_bytes"] > PEAK_GOAL_BYTES
    return bool(row["contender"] == "ours" and costs)


def measure(method: str, destination: Destination, source: BenchmarkObject, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each contender: medians of some rounds, after one that warms the server up."""
    taken: dict[str, list[dict[str, float]]] = {contender: [] for contender in CONTENDERS}
    for number in range(rounds + 1):
        for contender in CONTENDERS:
            figures = _run(method, contender, destination, source)
            if number:
                taken[contender].append(figures)
    cpu = {
        contender: statistics.median(one["cpu_seconds"] for one in found) * 1e6 / source.events
        for contender, found in taken.items()
    }
    for contender, found in taken.items():
        yield {
            "method": method,
            "contender": contender,
            "events": source.events,
            "rounds": rounds,
            "cpu_us_per_event": round(cpu[contender], 2),
            "sending_us_per_event": round(cpu[contender] - cpu["read"], 2),
            "peak_rss_bytes": max(one["peak_rss_bytes"] for one in found),
        }


def _run(method: str, contender: str, destination: Destination, source: BenchmarkObject) -> dict[str, float]:
    """Run a contender; check that every event is there.

    :raises SystemExit: it failed, or events are missing.
    """
    job = destination.job() | {"method": method, "contender": contender, "path": str(source.path)}
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.contenders.destinations"],
        input=json.dumps(job), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        sys.exit(f"{contender} to {method} failed:\n{run.stderr[-2000:]}")
    if contender != "read":
        there = destination.arrived(job)
        if there != source.events:
            sys.exit(f"{contender}: {there} of {source.events} events are in {method}")
    figures: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    sys.exit(main())
