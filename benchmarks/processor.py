"""The processor beside straightforward ones and the floor, in one interleaved run: ``python -m benchmarks.processor``.

Each row is a process of its own, warm (see ``start.py`` for the start), that settles the case's queue messages; figures
are the operating system's for the whole process, medians of the rounds, and contenders take turns round by round, so
that what else the machine does meets them alike. A row counts only if every event arrived, equal in content.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cases import Case, make_cases
from benchmarks.contender import CONTENDERS, Contender, Round

REPORT = Path("build/bench/processor.json")
ROUNDS = 5
SMALL_OBJECTS = 2_000
PEERS = ("stdlib", "orjson")
ALL = ("ours", *PEERS, "floor")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Which contenders meet which case. ``rounds`` at most, ``peer_rounds`` of others, where they take long."""

    case: str
    destinations: int = 1
    latency_ms: int = 0
    contenders: Sequence[str] = ALL
    rounds: int = ROUNDS
    peer_rounds: int = ROUNDS


FULL = (
    RunPlan("big"),
    RunPlan("big", 2, contenders=("ours", *PEERS)),
    RunPlan("big", 5, contenders=("ours", *PEERS), peer_rounds=2),
    RunPlan("big", 1, 40, ("ours", *PEERS)),
    RunPlan("big", 2, 40, ("ours", "stdlib"), peer_rounds=2),
    RunPlan("big", 5, 40, ("ours", "stdlib"), peer_rounds=1),
    RunPlan("typical"),
    RunPlan("typical", 1, 40, ("ours", "stdlib")),
    RunPlan("real"),
    RunPlan("real", 1, 40, ("ours", "stdlib")),
    RunPlan("small", contenders=("ours", *PEERS)),  # the floor has no calls, and small objects are nothing else
    RunPlan("small", 1, 40, ("ours", "stdlib"), rounds=1),
    RunPlan("small", 2, 0, ("ours", "stdlib"), rounds=2),
    RunPlan("1k tenants", contenders=("ours",), rounds=2),
    RunPlan("5k tenants", contenders=("ours",), rounds=2),
    RunPlan("copies", 5, 0, ("ours", "stdlib")),
    RunPlan("huge", rounds=3, peer_rounds=1),
)


def main() -> int:
    """Measure, print each row, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="one round, no `huge`, fewer small objects")
    parser.add_argument("--cases", nargs="+", help="only these")
    parser.add_argument("--contenders", nargs="+", choices=ALL, help="only these")
    parser.add_argument("--latency", type=int, help="only rows of this many ms a call")
    parser.add_argument("--destinations", type=int, help="only rows of that many")
    parser.add_argument("--small-objects", type=int, default=SMALL_OBJECTS)
    parser.add_argument("--report", type=Path, default=REPORT)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.small_objects = 1, 300
    plans = [
        plan
        for plan in FULL
        if plan.case in (chosen.cases or [one.case for one in FULL if one.case != "huge" or not chosen.quick])
        and chosen.latency in (None, plan.latency_ms)
        and chosen.destinations in (None, plan.destinations)
    ]
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as directory:
        names = list(dict.fromkeys(plan.case for plan in plans))
        for case in make_cases(Path(directory), names, chosen.small_objects):
            for plan in [plan for plan in plans if plan.case == case.name]:
                for row in measure(case, plan, chosen.rounds, chosen.contenders or ALL):
                    print(_line(row), flush=True)
                    rows.append(row)
                    chosen.report.parent.mkdir(parents=True, exist_ok=True)
                    chosen.report.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


def measure(case: Case, plan: RunPlan, rounds: int, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each contender of the plan that is wanted.

    :raises benchmarks.contender.LostError: one of them didn't deliver everything.
    """
    with ExitStack() as stack:
        contenders = [
            stack.enter_context(Contender(name, case, destinations=plan.destinations, latency_ms=plan.latency_ms))
            for name in plan.contenders
            if name in wanted
        ]
        for contender in contenders:
            contender.warm_up()
        taken: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
        for number in range(min(rounds, plan.rounds)):
            for contender in contenders:
                if contender.name not in PEERS or number < plan.peer_rounds:
                    taken[contender.name].append(contender.round())
        for contender in contenders:
            row = _row(plan, contender.name, taken[contender.name])
            yield row | {"objects": case.objects, "warm_up_calls": contender.warm_up_calls}


def _row(plan: RunPlan, name: str, rounds: Sequence[Round]) -> dict[str, Any]:
    return {
        "case": plan.case,
        "contender": name,
        "engine": CONTENDERS[name][1] if name == "ours" else name,
        "destinations": plan.destinations,
        "latency_ms": plan.latency_ms,
        "events": rounds[-1].events,
        "cpu_seconds": round(statistics.median(one.cpu_seconds for one in rounds), 4),
        "wall_seconds": round(statistics.median(one.wall_seconds for one in rounds), 4),
        "peak_rss_bytes": max(one.peak_rss_bytes for one in rounds),
        "calls": rounds[-1].calls,
        "rounds": len(rounds),
    }


def _line(row: dict[str, Any]) -> str:
    calls = " ".join(f"{action}={count}" for action, count in sorted(row["calls"].items()))
    return (
        f"{row['case']:10} {row['contender']:7} x{row['destinations']} {row['latency_ms']:2} ms  "
        f"{row['events']:9,} events  "
        f"{row['cpu_seconds']:7.3f} s CPU  {row['wall_seconds']:7.3f} s  {row['peak_rss_bytes'] >> 20:4} MiB  {calls}"
    )


if __name__ == "__main__":
    sys.exit(main())
