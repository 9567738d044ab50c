"""What arrived, as two numbers: how many events, and a sum over them that any lost, doubled or changed byte changes.

The sum doesn't depend on the order of calls, which overlap; order is the tests' matter (``tests/unit/runtime``).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from runtime.objects.timestamps import parse

MAX_EVENT_BYTES = 1_048_550
_MODULUS = 1 << 64


@dataclass(frozen=True, slots=True)
class Content:
    """Events, and the sum modulo 2^64 of each one's digest (its time in ms and its message)."""

    events: int = 0
    sum: int = 0

    def __add__(self, other: "Content") -> "Content":
        return Content(self.events + other.events, (self.sum + other.sum) % _MODULUS)

    def __mul__(self, times: int) -> "Content":
        return Content(self.events * times, self.sum * times % _MODULUS)

    @classmethod
    def of(cls, events: Iterable[tuple[int, bytes]]) -> Self:
        """Count events, each a time in epoch ms and its message's UTF-8 bytes."""
        count = total = 0
        for timestamp, message in events:
            count += 1
            total += int.from_bytes(blake2b(b"%d %b" % (timestamp, message), digest_size=8).digest())
        return cls(count, total % _MODULUS)


def obvious_events(lines: bytes) -> list[tuple[int, bytes]]:
    """Return what has to arrive of NDJSON lines in the agent's format: read one by one, by the library."""
    return list(_events(lines))


def without_times(events: Iterable[tuple[int, bytes]]) -> Content:
    """Count messages alone: the floor's decoder rounds nanoseconds, and so some times by a millisecond."""
    return Content.of((0, message) for _, message in events)


def _events(lines: bytes) -> Iterable[tuple[int, bytes]]:
    for line in lines.splitlines():
        members = json.loads(line)
        timestamp = parse(b'"%b"' % members["timestamp"].encode())
        assert timestamp is not None
        for piece in split(members["message"].encode()):
            yield timestamp, piece


def split(message: bytes) -> Iterable[bytes]:
    """Cut a message where CloudWatch's limit of an event is reached, between characters; nothing of an empty one."""
    while len(message) > MAX_EVENT_BYTES:
        end = MAX_EVENT_BYTES
        while message[end] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character of UTF-8
            end -= 1
        yield message[:end]
        message = message[end:]
    if message:
        yield message
