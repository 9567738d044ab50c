"""Objects to measure with: gzip NDJSON as the agent writes it, from a seed, in members of 64 MiB."""

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from isal import igzip

MIB = 1 << 20
MEMBER_BYTES = 64 * MIB
WORDS = ("reconcile", "object", "started", "finished", "watch", "list", "lease", "renewed", "volume", "quota", "node")


@dataclass(frozen=True, slots=True)
class LogObject:
    """A written object: its events, and the digest of their messages in order, each with a line feed."""

    path: Path
    events: int
    sha256: str


def write_object(path: Path, *, uncompressed_bytes: int, line_bytes: int = 400, seed: int = 1) -> LogObject:
    """Write an object of about that many bytes once expanded; lines of about ``line_bytes``, some with escapes.

    All events are of one time, an hour ago: members repeat, and must not be put in another order where they meet.
    """
    member_bytes = min(MEMBER_BYTES, uncompressed_bytes)
    members = max(1, uncompressed_bytes // member_bytes)
    lines, messages = _member(member_bytes, line_bytes, random.Random(seed))  # noqa: S311 - sample text
    compressed = igzip.compress(lines, compresslevel=1)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(members):
            file.write(compressed)
            digest.update(messages)
    return LogObject(path, messages.count(b"\n") * members, digest.hexdigest())


def _member(size: int, line_bytes: int, chance: random.Random) -> tuple[bytes, bytes]:
    stamp = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    lines, messages, written, number = [], [], 0, 0
    pods = [f"kube-apiserver-{chance.randrange(1 << 32):08x}" for _ in range(50)]
    while written < size:
        words = " ".join(chance.choices(WORDS, k=max(1, (line_bytes - 230) // 8)))
        header = f"I1123 10:00:00.{number % 1000000:06d}       1 controller.go:{number % 900}]"
        message = f'{header} "{words}" pod="{pods[number % 50]}"'
        quoted = message.replace('"', '\\"')
        line = (
            f'{{"timestamp":"{stamp}789Z","message":"{quoted}","cluster_id":"bench","namespace":"acme-corp",'
            f'"application":"kube-apiserver","pod_name":"{pods[number % 50]}","level":"info","stream":"stderr"}}\n'
        )
        lines.append(line)
        messages.append(message)
        written += len(line)
        number += 1
    return "".join(lines).encode(), ("\n".join(messages) + "\n").encode()
