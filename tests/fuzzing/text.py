"""Strange text, JSON and bytes, from a seeded source."""

import json
from random import Random
from typing import Any

PIECES = (
    "", " ", "\t", "é", "\U0001f600", "\u2028", "\x00", "\x1b[0m", '"', "\\", "\\u", "\\ud83d", "\ud83d", "{", "}", "[",
    "]", "null", "true", "NaN", "1e999", "-0", "9007199254740993", "<&>", "%2F", "%25", "+", "=", "/", "..", ":", "*",
    "a" * 300, "tenant_id=", "cluster_id=", "timestamp", "message", "2026-11-24T10:00:00.123456789Z", "arn:aws:iam::",
    "2026-02-30T25:61:61Z",
)  # fmt: skip


def text(random: Random, longest: int = 8) -> str:
    """Return a few pieces in a row."""
    return "".join(random.choices(PIECES, k=random.randint(0, longest)))


SCALARS = ("", None, True, False, 0, -1, 10**12, 10**13, 2**63, -(2**70), 0.5, 1e300, -1.25)


def value(random: Random, depth: int = 2) -> Any:
    """Return any JSON value."""
    choice = random.randrange(4 if depth else 2)
    if choice == 0:
        return text(random)
    if choice == 1:
        return random.choice(SCALARS)
    if choice == 2:
        return [value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {text(random, 2): value(random, depth - 1) for _ in range(random.randint(0, 3))}


def mutated(random: Random, data: bytes) -> bytes:
    """Cut, flip, double or insert some bytes."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        offset = random.randrange(len(changed) + 1)
        match random.randrange(4):
            case 0:
                del changed[offset:]
            case 1 if offset < len(changed):
                changed[offset] ^= 1 << random.randrange(8)
            case 2:
                changed[offset:offset] = random.randbytes(random.randint(1, 4))
            case _:
                changed[offset:offset] = changed[max(0, offset - 8) : offset]
    return bytes(changed)


def encoded(document: Any) -> bytes:
    """Write JSON; lone surrogates as they are, which isn't UTF-8."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
