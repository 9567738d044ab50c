"""Objects to measure with: gzip NDJSON as the agent writes it, from a seed or from recorded logs."""

import gzip
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from isal import igzip

from benchmarks.content import Content, obvious_events, without_times
from local.loader.objects import log_objects

MIB = 1 << 20
MEMBER_BYTES = 64 * MIB
USUAL_BYTES = 512 * 1024
EVENTS_A_SECOND = 400  # of one busy pod; a sixth of neighbours share a millisecond
WORDS = ("reconcile", "object", "started", "finished", "watch", "list", "lease", "renewed", "volume", "quota", "node")


@dataclass(frozen=True, slots=True)
class BenchmarkObject:
    """A written object, and what has to arrive of it; ``messages``: the same without its times."""

    path: Path
    content: Content
    messages: Content

    @property
    def events(self) -> int:
        """How many events it has."""
        return self.content.events


def write_object(path: Path, *, uncompressed_bytes: int, line_bytes: int = 400, seed: int = 1) -> BenchmarkObject:
    """Write an object of about that many bytes once expanded; lines of about ``line_bytes``, some with escapes.

    Its times grow within a member, and start again with the next one.
    """
    member_bytes = min(MEMBER_BYTES, uncompressed_bytes)
    members = max(1, uncompressed_bytes // member_bytes)
    lines = list(_lines(member_bytes, line_bytes, random.Random(seed)))  # noqa: S311 - sample text
    return _write(path, lines, members)


def write_recorded(path: Path, *, uncompressed_bytes: int, usual: bool = False) -> BenchmarkObject:
    """Write the demo's recorded logs, as the agent writes them, over and over up to that many bytes.

    :param usual: without the empty events and the huge ones, of which each destination makes something else.
    """
    recorded = b"".join(gzip.decompress(each.body) for each in log_objects(datetime.now(UTC)))
    if usual:
        recorded = b"".join(line for line in recorded.splitlines(keepends=True) if _is_usual(line))
    repeated = recorded * (uncompressed_bytes // len(recorded) + 1)
    return _write(path, repeated[: repeated.rindex(b"\n", 0, uncompressed_bytes) + 1].splitlines(keepends=True), 1)


def _is_usual(line: bytes) -> bool:
    return len(line) < USUAL_BYTES and bool(json.loads(line)["message"])


def _write(path: Path, lines: Iterable[bytes], members: int) -> BenchmarkObject:
    member = b"".join(lines)
    compressed = igzip.compress(member, compresslevel=2)
    with path.open("wb") as file:
        for _ in range(members):
            file.write(compressed)
    events = obvious_events(member)
    return BenchmarkObject(path, Content.of(events) * members, without_times(events) * members)


def _lines(size: int, line_bytes: int, chance: random.Random) -> Iterable[bytes]:
    begin = datetime.now(UTC) - timedelta(hours=3)
    pods = [f"kube-apiserver-{chance.randrange(1 << 32):08x}" for _ in range(50)]
    written = number = 0
    second = 0.0
    while written < size:
        second += chance.expovariate(EVENTS_A_SECOND)
        stamp = (begin + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%f")
        words = " ".join(chance.choices(WORDS, k=max(1, (line_bytes - 270) // 7)))
        header = f"I1123 10:00:00.{number % 1000000:06d}       1 controller.go:{number % 900}]"
        message = msgspec.json.encode(f'{header} "{words}" pod="{pods[number % 50]}"').decode()
        line = (
            f'{{"timestamp":"{stamp}789Z","message":{message},"cluster_id":"bench","namespace":"acme-corp",'
            f'"application":"kube-apiserver","pod_name":"{pods[number % 50]}","level":"info","stream":"stderr"}}\n'
        ).encode()
        yield line
        written += len(line)
        number += 1
