"""The worker process, seen from the one that works for all tenants: started, asked, killed, started again.

One a host, asked by one thread at a time. A program's time is judged by the processor time that it used, not by the
clock on the wall: a machine that is busy kills nobody's program.
"""

import atexit
import fcntl
import importlib.util
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from runtime import scheduling
from runtime.programs import worker

PACKAGE: Final = "vector_vrl"
LIBRARY: Final = "_bindings/vector_bindings.abi3.so"
START_SECONDS: Final = 20.0
"""Ours: it was seen to take 0.05, and 0.6 on a machine at fifteen times its load."""
BASE_SECONDS: Final = 0.2
SECONDS_AN_EVENT: Final = 200e-6
"""Ours, of processor time: some twenty times what usual programs take."""
WALL_FACTOR: Final = 15.0
MOST_SECONDS: Final = 3600.0
POLL_SECONDS: Final = 0.05
PIPE_BYTES: Final = 1 << 20
"""pipe(7): what a user without rights may have of a pipe, by default. A batch goes through in one turn or two."""
ENVIRONMENT: Final = {
    "TZ": "UTC",
    # mallopt(3): what one batch took is kept for the next one, as in the processor (decision 51).
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
}
_ITS_OWN_FAULT: Final = frozenset({-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGXCPU})
_INHERITED: Final = ("LD_LIBRARY_PATH",)  # Lambda's interpreter finds its own library by it


class WorkerLostError(Exception):
    """The worker ended, or didn't begin, and no program is at fault: killed from outside, a machine without memory."""


class ProgramKilledError(Exception):
    """The program brought its worker down, or didn't end in its time and was killed. The message names which."""


class EngineMissingError(Exception):
    """The engine isn't installed on this host."""


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """What the worker answered. ``error``: why the program doesn't compile. ``cpu_us``: what it took."""

    text: bytes
    error: str
    cpu_us: int


class Sandbox:
    """The worker of this host. Shared by all threads.

    :param engine: the library's path.
    """

    def __init__(self, engine: Path) -> None:
        self._engine = engine
        self._lock = scheduling.lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The running worker's process id."""
        return self._process.pid if self._process else None

    def compile_error(self, program: str) -> str:
        """Return why a program doesn't compile; empty if it does. Raises as ``run``."""
        return self._ask(b"C", program, b"", 0, START_SECONDS).error

    def run(self, program: str, lines: bytes, events: int, seconds: float) -> WorkerAnswer:
        """Run a program over events, one JSON object a line; the answer has a line for each.

        :param seconds: how long to wait, at most, for the worker to be free and to answer.
        :raises ProgramKilledError: it is the program's fault. :raises WorkerLostError: it isn't.
        :raises TimeoutError: the seconds have passed, and the program hadn't had its own time.
        """
        return self._ask(b"R", program, lines, events, seconds)

    def close(self) -> None:
        """End the worker. The next request starts another one. Idempotent."""
        with self._lock:
            self._end()

    def _ask(self, kind: bytes, program: str, data: bytes, events: int, seconds: float) -> WorkerAnswer:
        seconds = min(max(0.0, seconds), MOST_SECONDS)  # who has all the time in the world
        until = scheduling.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise TimeoutError
        try:
            process = self._started()
            source = program.encode()
            head = worker.REQUEST.pack(kind, len(source), len(data))
            exchange = _Exchange(process, allowed_seconds(events), until)
            try:
                exchange.send(head + source + data)
                status, cpu_us, size = worker.ANSWER.unpack(exchange.read(worker.ANSWER.size))
                text = exchange.read(size)
            except BaseException:
                self._end()
                raise
        finally:
            self._lock.release()
        return WorkerAnswer(b"" if status == b"-" else text, text.decode() if status == b"-" else "", cpu_us)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self.starts += 1
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own script, by this interpreter
            [sys.executable, "-I", "-S", worker.__file__, str(self._engine)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**ENVIRONMENT, **environment},
            cwd="/",
            bufsize=0,
        )
        try:
            _Exchange(self._process, START_SECONDS, scheduling.monotonic() + START_SECONDS).begin()
        except (ProgramKilledError, TimeoutError) as error:
            self._end()
            raise WorkerLostError("the worker didn't start") from error
        except BaseException:
            self._end()
            raise
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


class _Exchange:
    """One request and its answer, in bounded time.

    :param allowed: seconds of processor time. :param until: on the monotonic clock.
    """

    def __init__(self, process: subprocess.Popen[bytes], allowed: float, until: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        self._allowed = allowed
        self._until = until
        self._begun, self._cpu = scheduling.monotonic(), _cpu_seconds(process.pid)

    def begin(self) -> None:
        for pipe in (self._to, self._from):
            os.set_blocking(pipe, False)
            with suppress(OSError):  # more than a user may have: then it takes some more turns
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        if self.read(len(worker.READY)) != worker.READY:
            raise WorkerLostError("the worker didn't begin as it does")

    def send(self, request: bytes) -> None:
        rest = memoryview(request)
        while rest:
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                self._wait(self._to, select.POLLOUT)
            except BrokenPipeError:
                raise self._ended() from None

    def read(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = os.read(self._from, min(size, PIPE_BYTES))
            except BlockingIOError:
                self._wait(self._from, select.POLLIN)
                continue
            if not part:
                raise self._ended()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while not poll.poll(max(1.0, 1000 * min(POLL_SECONDS, self._until - scheduling.monotonic()))):
            now = scheduling.monotonic()
            if _cpu_seconds(self._process.pid) - self._cpu > self._allowed:
                raise ProgramKilledError(f"it took more than its {self._allowed:.1f} s of processor time")
            if now - self._begun > self._allowed * WALL_FACTOR:
                raise WorkerLostError("the worker got no processor time")
            if now >= self._until:
                raise TimeoutError

    def _ended(self) -> Exception:
        status = self._process.wait()
        if status in _ITS_OWN_FAULT:
            return ProgramKilledError(f"its worker ended with {signal.Signals(-status).name}")
        return WorkerLostError(f"the worker ended with status {status}")


def allowed_seconds(events: int) -> float:
    """Return how much processor time a program has for that many events."""
    return BASE_SECONDS + SECONDS_AN_EVENT * events


@cache
def find_engine() -> Path | None:
    """Return the path of the engine's library, without loading it; ``None`` where it isn't installed."""
    found = importlib.util.find_spec(PACKAGE)
    for location in (found.submodule_search_locations or ()) if found else ():
        library = Path(location) / LIBRARY
        if library.is_file():
            return library
    return None


@cache
def host_sandbox() -> Sandbox:
    """Return the worker of this host.

    :raises EngineMissingError: there is no engine. It is asked again by the next one who wants it.
    """
    engine = find_engine()
    if engine is None:
        raise EngineMissingError
    sandbox = Sandbox(engine)
    atexit.register(sandbox.close)
    return sandbox


def _cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used (clock_getcpuclockid(3): its clock follows from the pid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended
        return 0.0
