"""Peak memory of the processor for a small and a ten times larger object: ``python -m benchmarks.memory``.

No step holds a whole object, so the second must not need more than the first.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.log_objects import MIB, write_object
from benchmarks.processor_run import ProcessorRun, run_processor

SIZES_MIB = (64, 640)
LIMIT_MIB = 160
REPORT = Path("build/bench/memory.json")


def main() -> int:
    """Measure, print a table, write the report; status 1 if an object isn't delivered whole or needs too much."""
    with TemporaryDirectory() as directory:
        runs = {size: _measure(Path(directory) / "object.json.gz", size) for size in SIZES_MIB}
    table = Table(
        "object, expanded",
        "events",
        "peak memory",
        "CPU",
        title=f"the processor's memory (goal: under {LIMIT_MIB} MiB)",
    )
    for size, run in runs.items():
        table.add_row(
            f"{size} MiB", f"{run.events:,}", f"{run.peak_rss_bytes / MIB:.0f} MiB", f"{run.cpu_seconds:.2f} s"
        )
    Console().print(table)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "uncompressed_bytes": size * MIB,
            "events": run.events,
            "peak_rss_bytes": run.peak_rss_bytes,
            "cpu_seconds": run.cpu_seconds,
        }
        for size, run in runs.items()
    ]
    REPORT.write_text(json.dumps({"rows": rows}, indent=2) + "\n")
    return int(any(run.peak_rss_bytes > LIMIT_MIB * MIB for run in runs.values()))


def _measure(path: Path, size: int) -> ProcessorRun:
    log_object = write_object(path, uncompressed_bytes=size * MIB)
    run = run_processor(log_object)
    if (run.exit_status, run.content) != (0, log_object.content):
        sys.exit(
            f"{size} MiB: {run.events} of {log_object.events} events delivered, status {run.exit_status}\n{run.output}"
        )
    return run


if __name__ == "__main__":
    sys.exit(main())
