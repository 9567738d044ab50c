"""What an event costs on its way to a real Kafka or OpenSearch: ``python -m benchmarks.destinations [--quick]``.

Beside a straightforward client of the same destination and beside reading alone, in one run; whole processes, so that a
contender's start and its libraries count, divided by many events. Needs a JDK and Maven, else it says so and measures
nothing. Goals, of sending alone: 10 µs of CPU an event to OpenSearch, 30 to Kafka.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from benchmarks.log_objects import MIB, BenchmarkObject, write_recorded
from tests.destinations.servers.artifacts import ArtifactsMissingError
from tests.destinations.servers.kafka_broker import WRITER, KafkaBroker
from tests.destinations.servers.opensearch_node import OpenSearchNode

REPORT = Path("build/bench/destinations.json")
CONTENDERS = ("read", "ours", "straightforward")
GOALS = {"elasticsearch": 10.0, "kafka": 30.0}
"""µs of CPU an event, beside reading."""
COMMON = {"tenant_id": "bench", "target_region": "us-east-1", "credentials": ["logrouter/bench/1"]}
Job = dict[str, Any]


def main() -> int:
    """Measure, print a table, write the report; status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of a small object")
    quick = parser.parse_args().quick
    with TemporaryDirectory() as directory, ExitStack() as servers:
        home = Path(directory)
        source = write_recorded(home / "object.json.gz", uncompressed_bytes=(4 if quick else 32) * MIB)
        try:
            started = dict(_start(home, servers))
        except ArtifactsMissingError as error:
            print(f"destinations aren't measured here: {error}")
            return 0
        rows = [row for method in GOALS for row in measure(method, started[method], source, 1 if quick else 5)]
    for row in rows:
        print(
            f"{row['method']:14} {row['contender']:16} {row['cpu_us_per_event']:7.2f} µs an event, "
            f"{row['sending_us_per_event']:7.2f} beside reading, peak {row['peak_rss_bytes'] / MIB:.0f} MiB"
        )
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return int(any(row["contender"] == "ours" and row["sending_us_per_event"] > GOALS[row["method"]] for row in rows))


def _start(home: Path, servers: ExitStack) -> Iterator[tuple[str, KafkaBroker | OpenSearchNode]]:
    for method, kind in (("kafka", KafkaBroker), ("elasticsearch", OpenSearchNode)):
        folder = home / method
        folder.mkdir()
        server = kind.started(folder)
        servers.callback(server.end)
        yield method, server


def measure(
    method: str, server: KafkaBroker | OpenSearchNode, source: BenchmarkObject, rounds: int
) -> Iterator[dict[str, Any]]:
    """Yield a row for each contender: medians of some rounds, after one that warms the server up."""
    taken: dict[str, list[dict[str, float]]] = {contender: [] for contender in CONTENDERS}
    for number in range(rounds + 1):
        for contender in CONTENDERS:
            figures = _run(method, contender, server, source)
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


def _run(
    method: str, contender: str, server: KafkaBroker | OpenSearchNode, source: BenchmarkObject
) -> dict[str, float]:
    """Run a contender; check that every event is there.

    :raises SystemExit: it failed, or events are missing.
    """
    job = _to_kafka(server) if isinstance(server, KafkaBroker) else _to_opensearch(server)
    job |= {"method": method, "contender": contender, "path": str(source.path)}
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.contenders.destinations"],
        input=json.dumps(job), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        sys.exit(f"{contender} to {method} failed:\n{run.stderr[-2000:]}")
    if contender != "read":
        there = _arrived(server, job)
        if there != source.events:
            sys.exit(f"{contender}: {there} of {source.events} events are in {method}")
    figures: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return figures


def _to_kafka(broker: KafkaBroker) -> Job:
    topic, password = broker.create_topic(partitions=1), broker.passwords[WRITER]
    config = {
        **COMMON,
        "type": "kafka",
        "bootstrap_servers": [broker.address("scram")],
        "topic": topic,
        "auth": "scram",
        "ca": broker.authority.certificate,
    }
    settings = {
        "bootstrap.servers": broker.address("scram"),
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": WRITER,
        "sasl.password": password,
        "ssl.ca.pem": broker.authority.certificate,
    }
    return {"config": config, "secret": f"{WRITER}:{password}", "settings": settings}


def _to_opensearch(node: OpenSearchNode) -> Job:
    config = {**COMMON, "type": "elasticsearch", "url": node.url, "index": f"bench-{uuid4().hex[:8]}", "auth": "basic"}
    return {"config": config, "secret": "user:password"}


def _arrived(server: KafkaBroker | OpenSearchNode, job: Job) -> int:
    """Return how many events are there; drop them."""
    if isinstance(server, KafkaBroker):
        return server.count(job["config"]["topic"])
    index = job["config"]["index"]
    there = server.count(index)
    server.call("DELETE", f"/{index}")
    return there


if __name__ == "__main__":
    sys.exit(main())
