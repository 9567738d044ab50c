"""The API's start and its answers: ``python -m benchmarks.api``; writes ``build/bench/api.json``.

Cold: from the start of the process to the first answer, for a request that needs no table and for one that does, lazily
and with everything loaded before it, in turns. Warm: each endpoint in one process. The table answers at once.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.api_process import REQUESTS
from benchmarks.api_table import table

ROUNDS = 7
WARM = 200
FIRST = ("GET health", "GET config")
OUTPUT = Path("build") / "bench" / "api.json"


def main() -> None:
    """Measure, print, and write the report."""
    with table() as endpoint:
        environment = _environment(endpoint)
        cold: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for first in FIRST:
                for mode in ("lazy", "eager"):
                    seconds, _warm = _run(environment, mode, first, 0)
                    cold.setdefault((mode, first), []).append(seconds * 1000)
        _, warm = _run(environment, "lazy", "GET health", WARM)
    report = {
        "cold_ms": {f"{mode} {first}": _summary(times) for (mode, first), times in cold.items()},
        "warm_ms": {name: _summary(warm[name]) for name in REQUESTS},
        "rounds": ROUNDS,
        "requests": WARM,
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=2) + "\n")
    _print(report)


def _run(environment: dict[str, str], mode: str, first: str, warm: int) -> tuple[float, dict[str, list[float]]]:
    """Start a process; give the seconds to its first answer, and the milliseconds of its warm ones."""
    command = [sys.executable, "-m", "benchmarks.api_process", mode, first, str(warm)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        answer = json.loads(process.stdout.readline())
        seconds = time.perf_counter() - begun
        measured: dict[str, list[float]] = json.loads(process.stdout.readline())
    assert answer["status"] == 200, answer  # noqa: PLR2004 - OK
    return seconds, measured


def _environment(endpoint: str) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "TENANT_CONFIG_TABLE": "configs",
        "PARKED_DELIVERIES_TABLE": "parked",
        "CENTRAL_BUCKET": "central",
        "LOG_LEVEL": "INFO",
    }


def _summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
        "least": round(ordered[0], 2),
    }


def _print(report: dict[str, Any]) -> None:
    print(f"{'milliseconds':<28}{'p50':>10}{'p99':>10}{'least':>10}")
    for title in ("cold_ms", "warm_ms"):
        print(title.removesuffix("_ms"))
        for name, times in report[title].items():
            print(f"  {name:<26}" + "".join(f"{times[key]:>10,.1f}" for key in ("p50", "p99", "least")))


if __name__ == "__main__":
    main()
