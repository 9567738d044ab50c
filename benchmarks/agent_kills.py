"""What a kill -9 costs a real agent: ``python -m benchmarks.agent_kills [KILLS]``, with ``vector`` on PATH.

Numbered lines are written steadily while the agent is killed and started again, from one data directory. In the end
every number is searched in the objects: a missing one is lost, a repeated one is doubled. Done twice:
started as in a pod, and Vector by itself.
"""

import gzip
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread

from rich.console import Console

from benchmarks.agent_endpoints import AgentEndpoints, serving
from benchmarks.agent_run import AS_IN_A_POD, BINARY, PodFolder, agent, api_items, kill, wait_until

REPORT = Path("build/bench/agent_kills.json")
LINES_A_TICK, TICK_SECONDS = 40, 0.02  # 2,000 lines a second
APART_SECONDS = (1.0, 30.0)
SETTLED_SECONDS = 8
STAMP = "2026-11-23T13:23:04.757533123Z"
POD = PodFolder("tenant-0", "api-7d9c8b6f5-x2k4q", "u0", "api", "ReplicaSet/api-7d9c8b6f5")


@dataclass(frozen=True)
class KillResult:
    """How many lines were written, and what became of them."""

    kills: int
    written: int
    lost: int
    doubled: int


class Traffic(Thread):
    """Writes numbered lines until it is stopped."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.written, self.ended = path, 0, Event()

    def run(self) -> None:
        """Write a few lines every tick."""
        with self.path.open("a") as file:
            while not self.ended.wait(TICK_SECONDS):
                numbers = range(self.written, self.written + LINES_A_TICK)
                file.write("".join(f"{STAMP} stdout F line {number}\n" for number in numbers))
                file.flush()
                self.written += LINES_A_TICK


@contextmanager
def traffic(path: Path) -> Iterator[Traffic]:
    """Write until the block ends."""
    path.parent.mkdir(parents=True)
    writer = Traffic(path)
    writer.start()
    try:
        yield writer
    finally:
        writer.ended.set()
        writer.join()


class AgentTotals(Counter[int]):
    """Counts each number in an endpoint's objects."""

    def __init__(self, endpoints: AgentEndpoints) -> None:
        super().__init__()
        self.endpoints, self.read, self.grew = endpoints, set[str](), time.monotonic()

    def whole(self, written: int) -> bool:
        """Return whether every number is there, or the last one and nothing more has come for a while."""
        for key in self.endpoints.objects.keys() - self.read:
            self.read.add(key)
            self.grew = time.monotonic()
            for line in gzip.decompress(self.endpoints.objects[key]).splitlines():
                self[int(json.loads(line)["message"].removeprefix("line "))] += 1
        return len(self) == written or (written - 1 in self and time.monotonic() > self.grew + SETTLED_SECONDS)


def killed(
    kills: int, home: Path, start: str = AS_IN_A_POD, apart: tuple[float, float] = APART_SECONDS, **settings: str
) -> KillResult:
    """Kill an agent that often under traffic, some seconds after its first object, then let it read the rest."""
    chance = random.Random(1)  # noqa: S311 - when to kill
    settings = {"BATCH_SECONDS": "1"} | settings
    with serving(api_items([POD]), keep=True) as endpoints:
        with traffic(home / "pods" / POD.path) as writer:
            for _ in range(kills):
                with agent(home, endpoints, settings=settings, start=start) as process:
                    wait_until(writing(endpoints), process, 60)
                    end = time.monotonic() + chance.uniform(*apart)
                    wait_until(lambda: time.monotonic() > end, process, 60)  # noqa: B023 - used at once
                    kill(process)
        found = AgentTotals(endpoints)
        with agent(home, endpoints, settings=settings, start=start) as process:
            wait_until(lambda: found.whole(writer.written), process, 120)
    return KillResult(kills, writer.written, writer.written - len(found), sum(count > 1 for count in found.values()))


def writing(endpoints: AgentEndpoints) -> Callable[[], bool]:
    """Return a condition: objects have come since."""
    before = endpoints.requests
    return lambda: endpoints.requests > before


def main() -> int:
    """Measure and report."""
    if BINARY is None:
        sys.exit("no vector on PATH: this kills the real program")
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rows = []
    for start in (AS_IN_A_POD, "vector"):
        with tempfile.TemporaryDirectory() as directory:
            rows.append({"start": Path(start).name} | asdict(killed(kills, Path(directory), start)))
    Console().print(rows)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"rows": rows}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
