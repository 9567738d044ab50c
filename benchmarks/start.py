"""From a process's start to its first PutLogEvents, beside a straightforward one: ``python -m benchmarks.start``.

One small object of one tenant waits in the queue. Contenders take turns; CPU is what the process had taken when the
message was settled.
"""

import json
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cases import Case
from benchmarks.contender import Contender
from benchmarks.log_objects import write_object

REPORT = Path("build/bench/start.json")
ROUNDS = 15
CONTENDERS = ("ours", "stdlib")


def main() -> int:
    """Measure, print, write the report."""
    wall: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    cpu: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with TemporaryDirectory() as directory:
        log_object = write_object(Path(directory) / "object.gz", uncompressed_bytes=20_000)
        case = Case("start", [log_object], log_object)
        for _ in range(ROUNDS):
            for name in CONTENDERS:
                contender = Contender(name, case, destinations=1, latency_ms=0)
                begin = time.monotonic()
                with contender:
                    contender.round()
                    wall[name].append(contender.sink.received().first_batch_at - begin)
                    cpu[name].append(contender.figures()["cpu_seconds"])
    rows: list[dict[str, Any]] = [
        {
            "contender": name,
            "wall_seconds": round(statistics.median(wall[name]), 3),
            "cpu_seconds": round(statistics.median(cpu[name]), 3),
        }
        for name in CONTENDERS
    ]
    ours, stdlib = rows
    print(*rows, f"ours / stdlib, CPU: {ours['cpu_seconds'] / stdlib['cpu_seconds']:.2f}", sep="\n")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
