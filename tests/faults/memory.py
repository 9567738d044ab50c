"""An out-of-memory kill: a memory cgroup where this machine lets us make one, else the kernel's signal by hand."""

import os
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

ROOTS = (("memory", "memory.limit_in_bytes"), ("", "memory.max"))
"""Version 1's controller and version 2's, with the file of the limit. Source: kernel documentation, cgroup-v1, -v2."""

CGROUP = Path("/sys/fs/cgroup")
NAME = "logrouter-faults"


@cache
def limit_file() -> tuple[Path, str] | None:
    """Return a cgroup of ours and the name of its limit's file; ``None`` where none may be made."""
    for controller, file in ROOTS:
        group = CGROUP / controller / f"{NAME}-{os.getpid()}"
        with suppress(OSError):
            group.mkdir(exist_ok=True)
            if (group / file).exists():
                return group, file
            group.rmdir()
    return None


def is_real() -> bool:
    """Whether it is the kernel that kills."""
    return limit_file() is not None


def starve(process: psutil.Process) -> None:
    """Limit a process to half of what it uses: the kernel can't reclaim its heap, and kills it."""
    found = limit_file()
    if found is None:
        process.send_signal(signal.SIGKILL)
        return
    group, file = found
    with suppress(psutil.NoSuchProcess, OSError):
        # Pages that were charged before it moved stay with its old group: only what it takes from now on counts.
        (group / file).write_text(str(512 * 1024))
        (group / "cgroup.procs").write_text(str(process.pid))


def forget() -> None:
    """Remove the cgroup, once its processes have ended."""
    found = limit_file()
    if found is not None:
        with suppress(OSError):
            found[0].rmdir()
    limit_file.cache_clear()
