"""The API's start and its answers: ``python -m benchmarks.api``; writes ``build/bench/api.json``.

Cold: from the start of the process to the first answer, and its CPU time till then, for a request that needs no table
and for one that does, lazily and with everything loaded before it, in turns. Warm: each endpoint in one process. The
table answers at once. ``benchmarks.api_report`` writes the figures into the page.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.api_process import REQUESTS
from benchmarks.api_table import CONFIGS, table

ROUNDS = 7
WARM = 200
FIRST = ("GET health", "GET config")
OUTPUT = Path("build") / "bench" / "api.json"


def main() -> None:
    """Measure, print, and write the report."""
    load = os.getloadavg()[0]
    with table() as endpoint:
        environment = _environment(endpoint)
        cold: dict[str, list[float]] = {}
        cpu: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for first in FIRST:
                for mode in ("lazy", "eager"):
                    milliseconds, cpu_ms, _warm = _run(environment, mode, first, 0)
                    cold.setdefault(f"{mode} {first}", []).append(milliseconds)
                    cpu.setdefault(f"{mode} {first}", []).append(cpu_ms)
        _, _, warm = _run(environment, "lazy", "GET health", WARM)
    report = {
        "cold_ms": {name: _summary(times) for name, times in cold.items()},
        "cold_cpu_ms": {name: _summary(times) for name, times in cpu.items()},
        "warm_ms": {name: _summary(warm[name]) for name in REQUESTS},
        "rounds": ROUNDS,
        "requests": WARM,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_at_start": round(load, 1),
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=2) + "\n")
    _print(report)


def _run(environment: dict[str, str], mode: str, first: str, warm: int) -> tuple[float, float, dict[str, list[float]]]:
    """Start a process; return the milliseconds to its first answer, the CPU's till then, those of its warm answers."""
    command = [sys.executable, "-m", "benchmarks.api_process", mode, first, str(warm)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        answer = json.loads(process.stdout.readline())
        milliseconds = (time.perf_counter() - begun) * 1000
        measured: dict[str, list[float]] = json.loads(process.stdout.readline())
    assert answer["status"] == 200, answer  # noqa: PLR2004 - OK
    return milliseconds, answer["cpu_ms"], measured


def _environment(endpoint: str) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "TENANT_CONFIG_TABLE": CONFIGS,
        "TENANTS_TABLE": "tenants",
        "PARKED_DELIVERIES_TABLE": "parked",
        "ALERT_RULES_TABLE": "rules",
        "CENTRAL_BUCKET": "central",
        "CENTRAL_ACCOUNT_ID": "111111111111",
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
    for title in ("cold_ms", "cold_cpu_ms", "warm_ms"):
        print(title.removesuffix("_ms"))
        for name, times in report[title].items():
            print(f"  {name:<26}" + "".join(f"{times[key]:>10,.1f}" for key in ("p50", "p99", "least")))


if __name__ == "__main__":
    main()
