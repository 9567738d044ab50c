"""HTTP transports and signers beside each other, in one interleaved run: ``python -m benchmarks.transports``.

CPU of the whole processor on `small` (nothing but calls), `real` and the start. Contenders and how to install them:
``benchmarks/contenders/transports.py``. Which of them can be made strict is in the decision that came of it,
``docs/decisions/0058-one-http-transport-and-table-of-proofs.md``.
"""

import argparse
import json
import os
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import contender
from benchmarks.cases import Case, make_cases
from benchmarks.log_objects import write_object

REPORT = Path("build/bench/transports.json")
NAMES = ("own+own", "h11+own", "urllib3+own", "awscrt+own", "own+botocore", "own+awscrt", "awscrt+awscrt")


def main() -> int:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--cases", nargs="+", choices=("small", "real", "start"), default=("small", "real", "start"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small-objects", type=int, default=1_000)
    chosen = parser.parse_args()
    contender.CONTENDERS.update({name: ("benchmarks.contenders.transports", name) for name in NAMES})
    rows = []
    with TemporaryDirectory() as directory:
        for case in chosen.cases:
            if case == "start":
                taken = starts(Path(directory), chosen.names, chosen.rounds)
            else:
                (made,) = make_cases(Path(directory), [case], chosen.small_objects)
                taken = rounds(made, chosen.names, chosen.rounds)
            base = statistics.median(taken[chosen.names[0]])
            for name, seconds in taken.items():
                middle = statistics.median(seconds)
                rows.append({"case": case, "name": name, "cpu_seconds": round(middle, 3), "ratio": middle / base})
                print(f"{case:6} {name:14} {middle:7.3f} s  x{middle / base:5.2f}", flush=True)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


def starts(directory: Path, names: list[str], count: int) -> dict[str, list[float]]:
    """Return CPU seconds from a process's start to its first settled object."""
    log_object = write_object(directory / "object.gz", uncompressed_bytes=20_000)
    case, taken = Case("start", [log_object], log_object), {name: list[float]() for name in names}
    for _ in range(count):
        for name in names:
            with _made(name, case) as one:
                one.round()
                taken[name].append(one.figures()["cpu_seconds"])
    return taken


def rounds(case: Case, names: list[str], count: int) -> dict[str, list[float]]:
    """Return CPU seconds of a warm process for a case's objects."""
    taken = {name: list[float]() for name in names}
    with ExitStack() as stack:
        contenders = [stack.enter_context(_made(name, case)) for name in names]
        for one in contenders:
            one.warm_up()
        for _ in range(count):
            for one in contenders:
                taken[one.name].append(one.round().cpu_seconds)
    return taken


def _made(name: str, case: Case) -> contender.Contender:
    settings = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return contender.Contender(name, case, destinations=1, latency_ms=0, settings=settings)


if __name__ == "__main__":
    sys.exit(main())
