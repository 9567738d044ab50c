"""The processor by hand, with its own figures as the last line: ``python -m benchmarks.measured LIMIT < EVENT``."""

import json
import resource
import runpy
import sys
from pathlib import Path


def main(limit: int) -> None:
    """Run ``python -m runtime.processor --mode stdin`` in this process; a limit of 0 bytes is none."""
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.argv = ["processor", "--mode", "stdin"]
    status: object = 0
    try:
        runpy.run_module("runtime.processor", run_name="__main__")
    except SystemExit as end:
        status = end.code
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_rss_bytes": _peak_rss_bytes()}
    print("\n" + json.dumps(figures), flush=True)
    sys.exit(int(status) if isinstance(status, int) else bool(status))


def _peak_rss_bytes() -> int:
    """Give this program's own peak: ``ru_maxrss`` also knows the parent's memory, from before the exec (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
