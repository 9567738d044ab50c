"""Child processes, each in a group of its own, so that it is ended together with everything it started."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.waiting import WaitedTooLongError, wait_until

GRACE_SECONDS = 5.0
KILL_SECONDS = 10.0

_commands: set[int] = set()
"""The groups of the commands that run right now, in whatever thread."""


class CommandFailedError(RuntimeError):
    """A command ended with another status than 0; the message has the end of its output."""


class ProcessLeftError(RuntimeError):
    """A process outlived the end of its group."""


def run(command: Sequence[str | Path], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
    """Run a command to its end with its output in ``log``. Ends its whole group if this process is interrupted.

    :raises CommandFailedError: its status isn't 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        _commands.add(process.pid)
        try:
            status = process.wait()
        finally:
            end_group(process.pid, process)
            _commands.discard(process.pid)
    if status != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise CommandFailedError(f"`{' '.join(map(str, command))}` ended with status {status} ({log}):\n{tail}")


def end_commands() -> None:
    """End the commands of all threads: an interruption reaches the main thread only."""
    for group in list(_commands):
        end_group(group)


def end_group(group: int, leader: subprocess.Popen[bytes] | None = None) -> None:
    """Ask a group to end, then kill what is left of it.

    :raises ProcessLeftError: something of it still runs after both.
    """
    for signal_number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        if not members(group):
            break
        with suppress(ProcessLookupError):
            os.killpg(group, signal_number)
        with suppress(WaitedTooLongError):
            wait_until(lambda: not members(group), what="a process group to end", timeout_seconds=seconds)
    if leader is not None:
        leader.wait(KILL_SECONDS)  # it has ended: this reaps it
    if left := members(group):
        raise ProcessLeftError(f"still running: {left}")


def members(group: int) -> list[int]:
    """Give the ids of the processes of a group that still run (a zombie doesn't)."""
    return [pid for pid, its_group, state in _processes() if its_group == group and not state.startswith("Z")]


def _processes() -> Iterator[tuple[int, int, str]]:
    """Give (pid, group, state) of every process: from /proc where there is one, else from ps."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], check=True, capture_output=True, text=True)
        for line in listing.stdout.splitlines():
            pid, group, state = line.split()
            yield int(pid), int(group), state
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # pid (command, which may hold spaces and brackets) state ppid pgrp …: proc(5)
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                yield int(entry.name), int(fields[2]), fields[0]


def command_line(pid: int) -> str:
    """Give a process's command line, or '' if there is none of that id: a pid file may outlive its process."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/stat").exists():
        with suppress(OSError):
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return ""
    found = subprocess.run(["ps", "-p", str(pid), "-o", "command="], check=False, capture_output=True, text=True)
    return found.stdout.strip()
