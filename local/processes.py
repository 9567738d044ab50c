"""Child processes, each in a group of its own, so that it is ended together with everything it started."""

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ministack_fidelity.processes import end_group

_commands: set[int] = set()
"""The groups of the commands that run right now, in any thread."""

_interrupted = threading.Event()
"""Set while the threads of an interrupted block end: a command that one of them starts is ended at once."""


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
            if _interrupted.is_set():
                end_group(process.pid, process)
            status = process.wait()
        finally:
            end_group(process.pid, process)
            _commands.discard(process.pid)
    if status != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise CommandFailedError(f"`{' '.join(map(str, command))}` ended with status {status} ({log}):\n{tail}")


@contextmanager
def command_threads() -> Iterator[ThreadPoolExecutor]:
    """Yield a pool whose threads run commands; if the block fails, all their commands are ended."""
    with ThreadPoolExecutor() as pool:
        try:
            yield pool
        except BaseException:
            _interrupted.set()
            end_commands()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            _interrupted.clear()


def end_commands() -> None:
    """End the commands of all threads: an interruption reaches the main thread only."""
    for group in list(_commands):
        end_group(group)
