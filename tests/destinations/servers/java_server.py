"""A server on the Java virtual machine: started, frozen, killed, ended."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from local.waiting import WaitedTooLongError, wait_until
from ministack_fidelity.processes import end_group
from tests.destinations.servers.artifacts import Artifacts

LIFE_SECONDS = 1800  # of a server, whatever becomes of its starter; a run takes a few minutes
READY_SECONDS = 150.0
NEEDS = "It needs a JDK of version 17 or newer, and some 1.5 GB of free memory"
FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


class ServerDiedError(RuntimeError):
    """The server ended by itself, or wasn't ready in time; the message has the end of its log."""


class JavaServer:
    """One server process; it ends with the process that started it, and after half an hour at the latest.

    :param home: the folder for its files and its log. :param ready: what its log says when it is ready.
    """

    def __init__(self, artifacts: Artifacts, home: Path, *, heap_mb: int, main: str, ready: str) -> None:
        self.home = home
        self._log = home / "server.log"
        self._ready = ready
        self._command = [artifacts.java, f"-Xms{heap_mb}m", f"-Xmx{heap_mb}m", *FLAGS, "-cp", artifacts.classpath]
        self._main = main
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, main: str, *arguments: str) -> None:
        """Run another class of the server's to its end. Raises ``ServerDiedError`` where it fails."""
        command = [*self._command, main, *arguments]
        result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.home, timeout=120)
        if result.returncode != 0:
            raise ServerDiedError(f"{main}: {(result.stdout + result.stderr)[-2000:]}")

    def start(self, *arguments: str) -> None:
        """Start it and return when it is ready."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, "Bounded", str(LIFE_SECONDS), self._main, *arguments],
                stdin=subprocess.PIPE,  # its end is how it finds out that this process is gone
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        try:
            wait_until(self._is_ready, what=f"{self._main} in {self.home}", timeout_seconds=READY_SECONDS)
        except WaitedTooLongError as error:
            self.kill()
            raise ServerDiedError(f"{error}; its last lines:\n{self._last_lines()}\n{NEEDS}") from None
        except BaseException:
            self.kill()
            raise

    def _is_ready(self) -> bool:
        text = self._log.read_text(errors="replace")
        if self._process is None or self._process.poll() is not None:
            raise ServerDiedError(f"{self._main} has ended; its last lines:\n{self._last_lines()}\n{NEEDS}")
        return self._ready in text

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-25:])

    def end(self) -> None:
        """Ask it to end, and kill what is left."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if how is signal.SIGKILL and self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait(30)
        end_group(self._process.pid, self._process)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    @contextmanager
    def frozen(self, at_most_seconds: int) -> Iterator[None]:
        """Stop it in its tracks while the block runs, as a host that hangs; connections stay open.

        A process of its own lets it go on after so many seconds, whatever becomes of this one.
        """
        if self._process is None:
            raise ServerDiedError("it isn't started")
        pid = self._process.pid
        script = f"kill -STOP {pid}; sleep {at_most_seconds}; kill -CONT {pid}"
        with subprocess.Popen(["sh", "-c", script], start_new_session=True) as thaw:
            wait_until(lambda: _state(pid) == psutil.STATUS_STOPPED, what="the frozen server", timeout_seconds=10)
            try:
                yield
            finally:
                os.kill(pid, signal.SIGCONT)
                end_group(thaw.pid, thaw)


def _state(pid: int) -> str:
    """Return a process's state."""
    return str(psutil.Process(pid).status())
