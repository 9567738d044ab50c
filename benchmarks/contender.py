"""One contender's process and the sink that it works against, kept for all rounds of a case."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from benchmarks.cases import Case
from benchmarks.content import Content
from benchmarks.light_sink import LightSink
from benchmarks.processor_run import ROOT, environment, notification

CONTENDERS = {
    "ours": ("benchmarks.contenders.ours", "native"),
    "stdlib": ("benchmarks.contenders.straightforward", "stdlib"),
    "orjson": ("benchmarks.contenders.straightforward", "orjson"),
    "floor": ("benchmarks.contenders.floor", "floor"),
}
ROUND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """One round's figures. ``calls`` are by action."""

    events: int
    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int
    calls: dict[str, int]


class LostError(Exception):
    """What arrived isn't what was sent."""


class Contender:
    """A context manager: the process runs while it is open. ``settings``: more variables of its environment."""

    def __init__(
        self, name: str, case: Case, *, destinations: int, latency_ms: int, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._settings = settings or {}
        self.warm_up_calls: dict[str, int] = {}
        self._case = case
        self._destinations = destinations
        self.sink = LightSink(
            objects=case.files(), configs=case.configs(destinations), latency_seconds=latency_ms / 1000
        )
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.sink.__enter__()
        module, argument = CONTENDERS[self.name]
        read, write = os.pipe()
        environ = environment(self.sink.url) | {"AWS_DEFAULT_REGION": "us-east-1"} | dict(self._settings)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, argument, str(write)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=environ,
            pass_fds=(write,),
        )
        os.close(write)
        self._figures = os.fdopen(read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._figures.close()
        self.sink.__exit__(kind, error, trace)

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def figures(self, line: str = "") -> dict[str, Any]:
        """Ask the process for its figures; the floor works off the paths of the line first."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        figures: dict[str, Any] = json.loads(self._figures.readline())
        return figures

    def warm_up(self) -> None:
        """Let it load, connect and assume every role: one small object of each tenant."""
        if self.name == "floor":
            self.figures(str(self._case.warm_up.path))
            return
        self._settle(self._case.warm_up_keys())
        self.warm_up_calls = dict(self.sink.received().calls)

    def round(self) -> Round:
        """Have it work off the case's objects once.

        :raises LostError: an event is missing, double or changed.
        """
        if self.name == "floor":
            return self._floor_round()
        before, begin = self.figures(), time.monotonic()
        self._settle(self._case.keys())
        settled, after = time.monotonic(), self.figures()
        received = self.sink.received()
        wall = (received.last_batch_at or settled) - begin  # a message is deleted up to a second after its last event
        events = self._check(received.contents)
        cpu = after["cpu_seconds"] - before["cpu_seconds"]
        return Round(events, cpu, wall, int(after["peak_rss_bytes"]), dict(received.calls))

    def _floor_round(self) -> Round:
        paths = " ".join(str(one.path) for one in self._case.sent)
        before, begin = self.figures(), time.monotonic()
        after = self.figures(paths)
        wall, cpu = time.monotonic() - begin, after["cpu_seconds"] - before["cpu_seconds"]
        met, expected = (
            Content(after["events"], after["sum"]),
            sum((one.messages for one in self._case.sent), Content()),
        )
        if met != expected:
            raise LostError(f"floor: {self._case.name}: {met.events} events were met, not the {expected.events} sent")
        return Round(after["events"], cpu, wall, int(after["peak_rss_bytes"]), {})

    def _settle(self, keys: Sequence[str]) -> None:
        self.sink.start()
        files = self.sink.objects
        self.sink.enqueue([notification(key, files[key].stat().st_size) for key in keys])
        if not self.sink.wait_until_settled(ROUND_SECONDS):
            raise LostError(f"{self.name}: not settled within {ROUND_SECONDS:.0f} s")

    def _check(self, contents: dict[str, Content]) -> int:
        expected = self._case.expected(self._destinations)
        if contents != expected:
            wrong = [group for group in contents | expected if contents.get(group) != expected.get(group)]
            raise LostError(f"{self.name}: {self._case.name}: not what was sent arrived in {wrong[:3]}")
        return sum(content.events for content in contents.values())
