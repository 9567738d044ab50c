"""What a GiB of logs and an object cost the processor in CPU: ``python -m benchmarks.processor_cpu [--write]``.

Taken from ``build/bench/processor.json``, which ``python -m benchmarks.processor`` writes: whole processes, user and
system, each event delivered. Recorded logs in an object of 64 MiB say what bytes cost; small objects, less their bytes,
what an object costs. Left out: TLS, which the light sink on loopback doesn't speak. ``--write`` keeps the figures in
``runtime/costs/``, from where the cost model takes them.
"""

import argparse
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cases import SMALL_BYTES
from benchmarks.processor import REPORT
from runtime.costs import prices
from runtime.costs.assumptions import GIB

RESULT = Path(prices.__file__).with_name("processor_cpu.json")
REAL_BYTES = 64 * 1024**2


def figures(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the CPU seconds per GiB and per object."""
    found = {
        row["case"]: row for row in rows if (row["contender"], row["destinations"], row["latency_ms"]) == ("ours", 1, 0)
    }
    per_byte = found["real"]["cpu_seconds"] / REAL_BYTES
    objects = found["small"]["calls"]["GetObject"]
    return {
        "cpu_seconds_per_gib": round(per_byte * GIB, 2),
        "cpu_seconds_per_object": round(found["small"]["cpu_seconds"] / objects - per_byte * SMALL_BYTES, 4),
    }


def main() -> None:
    """Print the figures; keep them where asked."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help=f"keep the result in {RESULT.name}")
    where = {
        "measured_on": datetime.fromtimestamp(REPORT.stat().st_mtime, UTC).date().isoformat(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    result = json.dumps(where | figures(json.loads(REPORT.read_text())["rows"]), indent=2) + "\n"
    print(result, end="")
    if arguments.parse_args().write:
        RESULT.write_text(result)


if __name__ == "__main__":
    main()
