"""CPU of a whole agent in a real Vector: ``python -m benchmarks.agent``, with ``vector`` on PATH.

Runs over the same files, each with more of the agent: the source alone, with the programs, and all of it with disk
buffer, gzip and S3. Beside them a plain agent: every field of the source's, a program that parses JSON and one form of
time, the sink's JSON. One worker thread; the CPU is the process's, user and system, without its start. Each run is made
``ROUNDS`` times and the best counts, because a benchmark shares its machine. Last, what an event takes of the disk
buffer while S3 is away.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.agent_endpoints import serving
from benchmarks.agent_lines import LENGTH, LINES, STAMP
from benchmarks.agent_run import (
    BINARY,
    AgentFailedError,
    PodFolder,
    agent,
    api_items,
    cpu_seconds,
    peak_bytes,
    started,
    wait_until,
)
from benchmarks.collection import PLAIN as PLAIN_PROGRAM

SOURCE, PROGRAMS, WHOLE, PLAIN = "source", "source and programs", "whole agent", "a plain agent"
EVENTS = 140_000
ROUNDS = 3
PODS = 4
LABELS = (("app", "kube-apiserver"),)  # as control planes' pods carry
GOAL = 20_000
IDLE_ROUNDS, IDLE_SECONDS = 20, 0.05
REPORT = Path("build/bench/agent.json")
type Change = Callable[[dict[str, Any]], None]


def main() -> int:
    """Measure, print a table, write the report; status 1 if lines are missing."""
    if BINARY is None:
        sys.exit("no vector on PATH: this measures the real program")
    stages = {
        SOURCE: only_up_to("pods"),
        PROGRAMS: only_up_to("events"),
        WHOLE: lambda _: None,
        PLAIN: plain,
    }
    runs = [measure(name, change) for _ in range(ROUNDS) for name, change in stages.items()]
    rows = [min((run for run in runs if run["stage"] == name), key=itemgetter("cpu_seconds")) for name in stages]
    table = Table("", "events/s and core", "µs an event", "peak memory", title=f"{EVENTS:,} lines of seven kinds")
    for row in rows:
        table.add_row(
            row["stage"],
            f"{row['events_per_second_and_core']:,.0f}",
            f"{row['microseconds_per_event']:.1f}",
            f"{row['peak_bytes'] / 2**20:.0f} MiB",
        )
    Console().print(table)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "goal": GOAL,
        "line_bytes": LENGTH,
        "load": os.getloadavg()[0],
        "buffer_bytes_per_event": buffer_bytes_per_event(),
        "rows": rows,
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    return 0


def only_up_to(component: str) -> Change:
    """Return a change that sends a component's events to a sink that only counts them."""

    def change(configuration: dict[str, Any]) -> None:
        keep = ["events"] if component == "events" else []
        configuration["transforms"] = {name: configuration["transforms"][name] for name in keep}
        configuration["sinks"] = {
            "nowhere": {"type": "blackhole", "inputs": [component]},
            "metrics": configuration["sinks"]["metrics"] | {"inputs": ["vector"], "address": "${METRICS_ADDRESS}"},
        }

    return change


def plain(configuration: dict[str, Any]) -> None:
    """Make it an agent as one writes it at first."""
    source = configuration["sources"]["pods"]
    for name in ("pod_annotation_fields", "node_annotation_fields"):
        del source[name]
    program = (
        '.cluster_id = "${CLUSTER_ID}"\n.tenant_id = .kubernetes.pod_namespace\n.pod_name = .kubernetes.pod_name\n'
        ".application = .kubernetes.container_name\n" + PLAIN_PROGRAM
    )
    configuration["transforms"] = {"events": {"type": "remap", "inputs": ["pods"], "source": program}}
    configuration["sinks"]["central_bucket"] |= {"inputs": ["events"], "encoding": {"codec": "json"}}
    configuration["sinks"]["metrics"]["inputs"] = ["vector"]


def measure(stage: str, change: Change) -> dict[str, Any]:
    """Run one agent over the lines until all have come through."""
    pods = pod_folders()
    whole = stage in {WHOLE, PLAIN}
    with tempfile.TemporaryDirectory() as directory, serving(api_items(pods)) as endpoints:
        home = Path(directory)
        with agent(home, endpoints, change=change, settings={"VECTOR_LOG": "info"}) as process:
            wait_until(lambda: started(home), process, 60)
            begin = cpu_seconds(process)
            write_lines(home / "pods", pods)
            if whole:
                wait_until(lambda: endpoints.events >= EVENTS, process, 300)
            else:
                wait_until(lambda: read_to_the_end(home, pods), process, 300)
                wait_until(idle(process), process, 60)
            seconds, peak = cpu_seconds(process) - begin, peak_bytes(process)
    return {
        "stage": stage,
        "events": EVENTS,
        "cpu_seconds": seconds,
        "microseconds_per_event": seconds / EVENTS * 1e6,
        "events_per_second_and_core": EVENTS / seconds,
        "peak_bytes": peak,
        "objects": endpoints.requests,
        "object_bytes": endpoints.object_bytes,
    }


def pod_folders() -> list[PodFolder]:
    """Return the pods whose lines are read."""
    return [
        PodFolder(f"tenant-{number}", "api-7d9c8b6f5-x2k4q", f"u{number}", "api", "ReplicaSet/api-7d9c8b6f5", LABELS)
        for number in range(PODS)
    ]


def buffer_bytes_per_event() -> float:
    """Let S3 refuse everything, and see how large the disk buffer becomes."""
    pods = pod_folders()
    with tempfile.TemporaryDirectory() as directory, serving(api_items(pods), refusals=[503] * EVENTS) as endpoints:
        home = Path(directory)
        write_lines(home / "pods", pods)
        with agent(home, endpoints) as process:
            wait_until(lambda: read_to_the_end(home, pods), process, 300)
            wait_until(idle(process), process, 60)
            size = sum(path.stat().st_size for path in (home / "data" / "buffer").rglob("*.dat"))
    return size / EVENTS


def write_lines(folder: Path, pods: list[PodFolder]) -> None:
    """Write each pod its share of the lines, as containerd does."""
    block = "".join(f"{STAMP} stdout F {line}\n" for line in islice(cycle(LINES.values()), EVENTS // len(pods) - 1))
    for pod in pods:
        path = folder / pod.path
        path.parent.mkdir(parents=True)
        # Vector knows a file by its first line: two that begin alike would be one.
        path.write_text(f"{STAMP} stdout F {pod.namespace} begins\n{block}")


def read_to_the_end(home: Path, pods: list[PodFolder]) -> bool:
    """Return whether the source's checkpoints stand at the end of every file."""
    checkpoints = home / "data" / "pods" / "checkpoints.json"
    if not checkpoints.exists():
        return False
    positions = [entry["position"] for entry in json.loads(checkpoints.read_text())["checkpoints"]]
    sizes = [(home / "pods" / pod.path).stat().st_size for pod in pods]
    return sorted(positions) == sorted(sizes)


def idle(process: Any) -> Callable[[], bool]:
    """Return a condition: over the last ``IDLE_ROUNDS`` times it was asked, the process used next to nothing."""
    history: list[float] = []

    def condition() -> bool:
        history.append(cpu_seconds(process))
        return len(history) > IDLE_ROUNDS and history[-1] - history[-IDLE_ROUNDS] <= IDLE_SECONDS

    return condition


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AgentFailedError as error:
        sys.exit(str(error))
