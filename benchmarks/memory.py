"""Peak memory of the processor: ``python -m benchmarks.memory``.

For a small and a ten times larger object: no step holds a whole object, so the second must not need more than the
first. For four objects at once that go to ever more log groups of one tenant: neither memory nor threads may follow.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from rich.console import Console
from rich.table import Table

from benchmarks.cases import Case
from benchmarks.contender import Contender, Round
from benchmarks.log_objects import MIB, write_object
from benchmarks.processor_run import ProcessorRun, run_processor

SIZES_MIB = (64, 640)
LIMIT_MIB = 160
DESTINATIONS = (1, 8, 32, 64)
OBJECTS, OBJECT_MIB = 4, 16
WIDE_LIMIT_MIB, THREAD_LIMIT = 256, 64
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
    wide = wide_rows()
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
    REPORT.write_text(json.dumps({"rows": rows, "destinations": [one.row() for one in wide]}, indent=2) + "\n")
    too_much = any(run.peak_rss_bytes > LIMIT_MIB * MIB for run in runs.values())
    return int(too_much or not all(one.within for one in wide))


@dataclass(frozen=True, slots=True)
class WideRun:
    """Four objects to so many log groups. ``threads``: the most that the process had, its hosts' and clients' too."""

    destinations: int
    threads: int
    round: Round

    @property
    def within(self) -> bool:
        """Whether it kept within the limits."""
        return self.round.peak_rss_bytes <= WIDE_LIMIT_MIB * MIB and self.threads <= THREAD_LIMIT

    def row(self) -> dict[str, float]:
        """Return it as the report has it."""
        calls = self.round.calls
        return {
            "destinations": self.destinations,
            "threads": self.threads,
            "peak_rss_bytes": self.round.peak_rss_bytes,
            "cpu_seconds": round(self.round.cpu_seconds, 2),
            "reads": calls.get("GetObject", 0),
        }


def wide_rows() -> list[WideRun]:
    """Measure them, print a table.

    :raises benchmarks.contender.LostError: not every event arrived.
    """
    table = Table(
        "log groups",
        "peak memory",
        "threads",
        "reads",
        "CPU",
        title=f"{OBJECTS} objects of {OBJECT_MIB} MiB at once (goal: {WIDE_LIMIT_MIB} MiB, {THREAD_LIMIT} threads)",
    )
    found = []
    with TemporaryDirectory() as directory:
        warm_up = write_object(Path(directory) / "warm-up.gz", uncompressed_bytes=20_000, seed=99)
        body = write_object(Path(directory) / "wide.gz", uncompressed_bytes=OBJECT_MIB * MIB)
        for destinations in DESTINATIONS:
            run = _wide(Case("wide", [body], warm_up, objects=OBJECTS), destinations)
            row = run.row()
            memory = f"{run.round.peak_rss_bytes / MIB:.0f} MiB"
            table.add_row(
                str(destinations), memory, str(run.threads), str(row["reads"]), f"{run.round.cpu_seconds:.2f} s"
            )
            found.append(run)
    Console().print(table)
    return found


def _wide(case: Case, destinations: int) -> WideRun:
    most, ended = [0], Event()

    def watch(tasks: Path) -> None:
        while not ended.wait(0.05):
            most[0] = max(most[0], sum(1 for _ in tasks.iterdir()))

    with Contender("ours", case, destinations=destinations, latency_ms=0) as contender:
        contender.warm_up()
        watching = Thread(target=watch, args=(Path(f"/proc/{contender.pid}/task"),))
        watching.start()
        try:
            round_ = contender.round()
            return WideRun(destinations, most[0], round_)
        finally:
            ended.set()
            watching.join()


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
