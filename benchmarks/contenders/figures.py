"""A contender's own figures, on demand: the operating system's account of the whole process."""

import json
import os
import resource
import sys
import threading
from pathlib import Path


def answer_in_background(pipe: int) -> None:
    """Answer each line of standard input with a line of figures; end the process where it ends."""
    threading.Thread(target=_answer, args=(pipe,), daemon=True).start()


def _answer(pipe: int) -> None:
    with os.fdopen(pipe, "w") as out:
        for _ in sys.stdin:
            out.write(json.dumps(figures()) + "\n")
            out.flush()
    os._exit(0)


def figures() -> dict[str, float]:
    """Return CPU seconds (user + system) and peak memory of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_rss_bytes": peak_rss_bytes()}


def peak_rss_bytes() -> int:
    """Return this program's own peak: ``ru_maxrss`` also knows the parent's memory, from before the exec (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
