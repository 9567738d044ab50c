"""CPU of the agent's programs in the real engine, by kind of line: ``python -m benchmarks.collection``.

Beside them, in the same run and over the same lines, a plain program: parse_json, else text, and one parse_timestamp.
Taken off both is what the engine needs to bring an event in and out, by an empty program; compiling isn't counted. CPU
time and the best of several rounds, because a benchmark shares its machine; the ratio is what can be compared.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import vector_vrl
from rich.console import Console
from rich.table import Table

from benchmarks.agent_lines import LINES, STAMP
from local.loader.agent import Agent, source_event
from local.loader.recorded_logs import LogFile, Record, read_archive

REPORT = Path("build/bench/collection.json")
GOAL_MICROSECONDS = 15
ROUNDS = 5
FEW, MANY = 1, 4
EVENTS = 700  # so many that compiling the program, which both runs do, is little beside them
BEFORE: Final = (
    '.timestamp = if is_string(.timestamp) { parse_timestamp!(string!(.timestamp), format: "%+") } else { null }\n'
)
PLAIN: Final = """
parsed, err = parse_json(.message)
if err == null { .parsed = parsed } else { .text = .message }
time, err = parse_timestamp(.parsed.ts, format: "%+")
if err == null { .timestamp = time }
"""


def main() -> int:
    """Measure, print a table, write the report."""
    file = LogFile.of("cri/acme_kube-apiserver-7d9c8b6f5-x2k4q_uid/kube-apiserver/0.log")
    kinds = {kind: [_event(file, Record(STAMP, "stdout", line.encode()))] * EVENTS for kind, line in LINES.items()}
    kinds["mixed"] = [events[0] for events in list(kinds.values())] * (EVENTS // len(LINES))
    recorded = [_event(file, record) for file, records in read_archive() for record in records[::60]]
    kinds["recorded logs"] = recorded
    rows = [row(kind, events) for kind, events in kinds.items()]
    table = Table("lines", "µs an event", "events/s and core", "plain µs", "ratio", title="the agent's programs")
    for one in rows:
        table.add_row(
            one["kind"],
            f"{one['microseconds_per_event']:.1f}",
            f"{1e6 / one['microseconds_per_event']:,.0f}",
            f"{one['plain_microseconds_per_event']:.1f}",
            f"{one['ratio_to_plain']:.2f}",
        )
    Console().print(table)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"goal_microseconds": GOAL_MICROSECONDS, "rows": rows}, indent=2) + "\n")
    return 0


def row(kind: str, events: Sequence[str]) -> dict[str, Any]:
    """Measure three programs in turns over the same events."""
    programs = {"empty": BEFORE + ".", "ours": BEFORE + Agent({"CLUSTER_ID": "c1"}).program, "plain": BEFORE + PLAIN}
    few, many = dict.fromkeys(programs, float("inf")), dict.fromkeys(programs, float("inf"))
    for _ in range(ROUNDS):
        for name, program in programs.items():
            few[name] = min(few[name], _cpu(program, events, FEW))
            many[name] = min(many[name], _cpu(program, events, MANY))
    each = {name: (many[name] - few[name]) / (MANY - FEW) / len(events) * 1e6 for name in programs}
    ours, plain = (max(each[name] - each["empty"], 0.01) for name in ("ours", "plain"))
    return {
        "kind": kind,
        "microseconds_per_event": ours,
        "plain_microseconds_per_event": plain,
        "ratio_to_plain": ours / plain,
    }


def _event(file: LogFile, record: Record) -> str:
    """Return a line of a pod that has the label which control planes' pods carry."""
    event = source_event(file, record)
    event["kubernetes"]["pod_labels"]["app"] = "kube-apiserver"
    event["kubernetes"]["namespace_labels"]["tenant-id"] = "acme"
    return json.dumps(event | {"message": record.message.decode("utf-8", "replace")})


def _cpu(program: str, events: Sequence[str], iterations: int) -> float:
    begun = time.process_time()
    vector_vrl.get_vrl_performance(program, list(events), iterations=iterations)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
