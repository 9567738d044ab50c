"""Child processes, each in a group of its own, so that it is ended together with everything it started."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ministack_fidelity.processes import end_group

_commands: set[int] = set()
"""The groups of the commands that run right now, in whatever thread."""


class CommandFailedError(RuntimeError):
    """A command ended with another status than 0; the message has the end of its output."""


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
