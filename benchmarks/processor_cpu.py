"""Measure the CPU that a GiB of logs costs the native path: read, decode, plan, write the request, hash it to sign it.

Left out: TLS and the kernel's share of the network, which a machine without AWS can't show. ``--write`` keeps the
figure in ``processor_cpu.json``, where ``break_even.py`` takes it from.
"""

import argparse
import gzip
import hashlib
import io
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from local.loader.objects import log_objects
from runtime.deliveries.cloudwatch.vector_engine_limits import body
from runtime.objects.batches import plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.stream import decompress

RESULT = Path(__file__).with_name("processor_cpu.json")
MIB = 1024**2
GIB = 1024**3
OBJECT_BYTES = 64 * MIB  # the agent's batch size


def lines_of_the_demo() -> bytes:
    """Give the demo's logs as the agent writes them, all in one."""
    return b"".join(gzip.decompress(object_.body) for object_ in log_objects(datetime.now(UTC)))


def processed(compressed: bytes) -> int:
    """Run one object through the native path; give its batches' number."""
    stats = ReadStats()
    chunks = decompress(io.BytesIO(compressed).read, max_bytes=10 * GIB)
    count = 0
    for batch in plan(read_events(chunks, last_modified_ms=1_795_442_400_000, stats=stats)):
        hashlib.sha256(body(batch, range(len(batch)))).digest()
        count += 1
    return count


def cpu_seconds(compressed: bytes, times: int) -> float:
    """Give the least CPU time of several runs: what disturbs a run only ever adds."""
    measured = []
    for _ in range(times):
        begin = time.process_time()
        processed(compressed)
        measured.append(time.process_time() - begin)
    return min(measured)


def measure() -> dict[str, object]:
    """Measure one object of the agent's size."""
    lines = lines_of_the_demo()
    ndjson = (lines * (OBJECT_BYTES // len(lines) + 1))[:OBJECT_BYTES].rpartition(b"\n")[0] + b"\n"
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, one core",
        "python": platform.python_version(),
        "object_mib": OBJECT_BYTES // MIB,
        "mean_line_bytes": round(len(lines) / lines.count(b"\n")),
        "cpu_seconds_per_gib": round(cpu_seconds(gzip.compress(ndjson, 6), 3) * GIB / len(ndjson), 2),
    }


def main() -> None:
    """Measure and print; keep the figure where asked."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help=f"keep the result in {RESULT.name}")
    result = json.dumps(measure(), indent=2) + "\n"
    print(result, end="")
    if arguments.parse_args().write:
        RESULT.write_text(result)


if __name__ == "__main__":
    main()
