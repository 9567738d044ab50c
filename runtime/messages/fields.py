"""The pattern and the bounds of every field that a message of a queue may have.

What is read here goes into headers, keys, metrics and requests: a text has visible ASCII, or a pattern of its own.
Each reader returns the value, or raises ``ValueError``; a field that is absent is never read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from runtime.delivery_config.model import is_tenant_id
from runtime.delivery_config.patterns import TYPE_PATTERN
from runtime.objects.key import MAX_KEY_BYTES

MAX_OBJECT_BYTES: Final = 2**46  # S3 user guide: an object has at most 50 TB
MAX_BATCHES: Final = 2**31  # ours: each has an event at least, and an object at most so many
MAX_ATTEMPTS: Final = 10**6  # ours: a schedule of a day has some 60 attempts
MAX_AHEAD: Final = 1000  # ours: as many batches behind a gap; a delivery has ten calls in flight
MAX_POSITION: Final = 10_000  # PutLogEvents, API reference: events of a batch
FAR_FUTURE: Final = 1e11  # epoch seconds; refuses infinities, and milliseconds taken for seconds

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")  # S3 user guide; older ones have up to 255
_ETAG: Final = re.compile(r"[\x21\x23-\x7e]{1,255}")  # opaque, without its quotes
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,1024}")  # S3 user guide, version IDs: "no more than 1,024 bytes long"
_DIGEST: Final = re.compile(r"[0-9a-f]{16}")
_MAC: Final = re.compile(r"(\d{1,11}-)?[A-Za-z0-9+/]{43}=")  # epoch seconds; 32 bytes in base64
_WORD: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_WORD: Final = 64

Reader = Callable[[object], Any]


def text_of(pattern: re.Pattern[str]) -> Reader:
    """Return the reader of a text that the pattern matches as a whole."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError
        return value

    return read


def whole(most: int) -> Reader:
    """Return the reader of a whole number from 0 to ``most``."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise ValueError
        return value

    return read


def tenant_id(value: object) -> str:
    """Return a tenant's id."""
    if not isinstance(value, str) or not is_tenant_id(value):
        raise ValueError
    return value


def key(value: object) -> str:
    """Return a text that S3 can have as a key, 1 to 1,024 bytes of UTF-8; ``ObjectKey`` checks its form."""
    if not isinstance(value, str) or not 0 < len(value.encode()) <= MAX_KEY_BYTES:  # a lone surrogate isn't UTF-8
        raise ValueError
    return value


def epoch_seconds(value: object) -> float:
    """Return a time."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < FAR_FUTURE:
        raise ValueError
    return float(value)


def truth(value: object) -> bool:
    """Return a truth."""
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - every reader refuses with the same
    return value


def reason(value: Any) -> str:
    """Return a reason, which informs and decides nothing: one that is no short kebab-case word is named as such."""
    if value == "":
        return ""
    fits = isinstance(value, str) and len(value) <= _MAX_WORD and _WORD.fullmatch(value)
    return value if fits else "unreadable-reason"


def word(value: object) -> str:
    """Return a short kebab-case word."""
    if not isinstance(value, str) or not value or reason(value) != value:
        raise ValueError
    return value


def or_empty(read: Reader) -> Reader:
    """Return a reader that takes the empty text, too."""
    return lambda value: "" if value == "" else read(value)


def tuple_of(read: Reader, most: int) -> Reader:
    """Return the reader of a list of at most so many of these."""

    def read_all(value: object) -> tuple[object, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError
        return tuple(map(read, value))

    return read_all


bucket, etag, visible = text_of(_BUCKET), text_of(_ETAG), text_of(_VISIBLE)
digest, mac = text_of(_DIGEST), text_of(_MAC)
type_ = text_of(re.compile(TYPE_PATTERN.removeprefix("^").removesuffix("$")))
size, batch, count = whole(MAX_OBJECT_BYTES), whole(MAX_BATCHES), whole(MAX_ATTEMPTS)
position = whole(MAX_POSITION)


def wrong_fields(document: Mapping[str, Any], readers: Mapping[str, Reader], found: dict[str, Any]) -> list[str]:
    """Read the fields that are there into ``found``; return the names of those that don't fit. Null is absence."""
    wrong = []
    for name, read in readers.items():
        value = document.get(name)
        if value is None:
            continue
        try:
            found[name] = read(value)
        except (ValueError, OverflowError):
            wrong.append(name)
    return wrong
