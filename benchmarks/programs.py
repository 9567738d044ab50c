"""CPU of tenants' programs, by program, beside a delivery without one: ``python -m benchmarks.programs``.

The driver of all event methods sends the recorded logs' planned batches to a destination that takes everything. What is
counted is the CPU of this process and of the worker's, an event; contenders take turns, the best of the rounds counts,
because a benchmark shares its machine. A program's own figure is what it adds to the delivery without one.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from rich.console import Console
from rich.table import Table

from local.loader.objects import log_objects
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED, EventRequest, Sender, Verdicts
from runtime.deliveries.method import Delivery, DeliveryServices
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.transform import Transform
from runtime.objects.batches import Batch, plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.processor.malloc import tune_malloc
from runtime.programs.sandbox import host_sandbox
from runtime.time_budget import FOREVER

REPORT: Final = Path("build/bench/programs.json")
ROUNDS: Final = 15
MIB: Final = 1 << 20
GOALS: Final = {"identity": 8.0, "redact": 15.0}
"""Microseconds an event that a program may add."""
PROGRAMS: Final[dict[str, Transform | None]] = {
    "none": None,
    "identity": Transform(source="."),
    "redact": Transform(program="redact", parameters={"kinds": ["email", "ip"]}),
    "redact, all kinds": Transform(program="redact"),
    "keep-level": Transform(program="keep-level", parameters={"level": "warning"}),
    "flatten-json": Transform(program="flatten-json"),
    "klog to JSON": Transform(source=".message = parse_klog(.message) ?? .message"),
}
KEY: Final = "tenant_id=acme/cluster_id=c1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"


class Counting(DeliveryConfig):
    """A destination without fields."""

    facts = MethodFacts("counting", "Counting", Placement.INSIDE, Order.NONE, reads_events=True, limits=None)


class CountingMethod(EventMethod):
    """Takes every event."""

    seam = 2
    config_model = Counting

    def open(self, delivery: Delivery) -> Sender:
        """Return what takes them."""
        del delivery
        return _Taker()


class _Taker:
    def send(self, request: EventRequest) -> Verdicts:
        del request
        return DELIVERED

    def close(self) -> None:
        """Nothing is held."""


class _Planned:
    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches

    def batches(self, start: int) -> Iterator[Batch]:
        yield from self._batches[start:]


def main() -> int:
    """Measure, print a table, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    chosen = parser.parse_args()
    rounds = 3 if chosen.quick else chosen.rounds
    tune_malloc()
    batches = recorded_batches()
    events = sum(map(len, batches))
    best = {name: (float("inf"), 0.0, 0.0) for name in PROGRAMS}
    for _ in range(rounds):
        for name, transform in PROGRAMS.items():
            here, there = measure(transform, batches)
            best[name] = min(best[name], (here + there, here, there))
    rows = [row(name, *best[name], without=best["none"][0], events=events) for name in PROGRAMS]
    table = Table("program", "µs an event, added", "here", "in the worker", "goal", title=f"{events:,} recorded lines")
    for one in rows:
        figures = (f"{one[name]:.1f}" for name in ("added_microseconds", "here_microseconds", "worker_microseconds"))
        table.add_row(one["program"], *figures, str(GOALS.get(one["program"], "")))
    Console().print(table)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"events": events, "goals": GOALS, "rows": rows}, indent=2) + "\n")
    return 0


def row(name: str, whole: float, here: float, there: float, *, without: float, events: int) -> dict[str, Any]:
    """Return one program's figures from seconds of CPU."""
    return {
        "program": name,
        "added_microseconds": (whole - without) / events * 1e6,
        "here_microseconds": here / events * 1e6,
        "worker_microseconds": there / events * 1e6,
    }


def recorded_batches() -> list[Batch]:
    """Return the demo's recorded logs as planned batches."""
    now = datetime.now(UTC)
    data = b"".join(gzip.decompress(each.body) for each in log_objects(now))
    chunks = [data[begin : begin + MIB] for begin in range(0, len(data), MIB)]
    return list(plan(read_events(chunks, last_modified_ms=int(now.timestamp() * 1000), stats=ReadStats())))


def measure(transform: Transform | None, batches: Sequence[Batch]) -> tuple[float, float]:
    """Return the seconds of CPU of a delivery, in this process and in the worker's."""
    services = cast("DeliveryServices", SimpleNamespace(killed_programs=None))
    kept = SimpleNamespace(write=lambda *_, **__: None)
    config = Counting(tenant_id="acme", type="counting", transform=transform)
    delivery = Delivery(StoredObject("central", ObjectKey.parse(KEY)), config, FOREVER)
    begun = time.process_time()
    CountingMethod(services, set_aside=kept).deliver(delivery, _Planned(batches))
    here = time.process_time() - begun
    if transform is not None and not delivery.progress.program_counts["in"] == sum(map(len, batches)):
        raise RuntimeError("the program hasn't seen every event")
    return here, delivery.progress.program_counts["cpu_us"] / 1e6


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        host_sandbox().close()
