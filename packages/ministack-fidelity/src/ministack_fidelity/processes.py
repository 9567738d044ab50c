"""Process groups: what is started as the leader of a group is ended together with everything that it started."""

import os
import signal
import subprocess
import time
from contextlib import suppress

import psutil

GRACE_SECONDS = 5.0
KILL_SECONDS = 10.0
INTERVAL_SECONDS = 0.05


class ProcessLeftError(RuntimeError):
    """A process outlived the end of its group."""


def members(group: int) -> list[psutil.Process]:
    """Return the processes of a group that still run (a zombie doesn't)."""
    return [process for process in psutil.process_iter() if _is_running_in(group, process)]


def _is_running_in(group: int, process: psutil.Process) -> bool:
    with suppress(ProcessLookupError, PermissionError, psutil.Error):
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_group(group: int, leader: subprocess.Popen[bytes] | None = None) -> None:
    """Ask a group to end, then kill what is left of it.

    :raises ProcessLeftError: something of it still runs after both.
    """
    for signal_number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        if members(group):
            with suppress(ProcessLookupError):
                os.killpg(group, signal_number)
            _wait_for_end(group, seconds)
    if leader is not None:
        leader.wait(KILL_SECONDS)  # it has ended: this reaps it
    if left := members(group):
        raise ProcessLeftError(f"still running: {[process.pid for process in left]}")


def _wait_for_end(group: int, seconds: float) -> None:
    """Return when none of it runs, or after so many seconds; reaping is left to the process that started it."""
    deadline = time.monotonic() + seconds
    while members(group) and time.monotonic() < deadline:
        time.sleep(INTERVAL_SECONDS)
