"""Text of any length becomes events that CloudWatch Logs takes, in bounded memory.

A window is decoded at a time; an event is cut on character boundaries where it would go over the limit.
"""

import codecs
import re
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

import msgspec

MAX_EVENT_BYTES = 1_048_576 - 26  # PutLogEvents, API reference: 1,048,576 bytes a batch, UTF-8 + 26 bytes an event
_WINDOW_BYTES = 64 * 1024
_LONGEST_ESCAPE = len(r"\ud83d\ude00")
_CONTINUATION_MASK, _CONTINUATION = 0xC0, 0x80  # RFC 3629: a byte 10xxxxxx isn't a character's first
_decode_string = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode

# An escape that has begun and may not have ended, or half of a surrogate pair whose other half may follow.
_OPEN_ESCAPE = re.compile(
    r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?)\Z"
)


class Piece(NamedTuple):
    """One event's message: its JSON string literal, and the UTF-8 bytes of the text it stands for."""

    literal: bytes
    size: int


class LenientUtf8:
    """Decodes bytes as they come; an invalid sequence becomes U+FFFD, and ``replaced`` says that one was met."""

    def __init__(self) -> None:
        self.replaced = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """Decode the next bytes; ``final`` where no more follow."""
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self.replaced = True
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            self._decoder.setstate(state)
            return self._decoder.decode(data, final)


class TextCutter:
    """Collects one record's text and gives it back as pieces of at most ``MAX_EVENT_BYTES``."""

    def __init__(self) -> None:
        self.pieces = 0
        self._buffer = bytearray()

    def feed(self, text: str) -> Iterator[Piece]:
        """Take more text; yield the pieces that are full."""
        self._buffer += text.encode()
        while len(self._buffer) > MAX_EVENT_BYTES:
            end = MAX_EVENT_BYTES
            while self._buffer[end] & _CONTINUATION_MASK == _CONTINUATION:
                end -= 1
            yield self._cut(end)

    def finish(self) -> Iterator[Piece]:
        """Yield what is left. A record without any text is one empty piece."""
        if self._buffer or not self.pieces:
            yield self._cut(len(self._buffer))

    def _cut(self, end: int) -> Piece:
        self.pieces += 1
        text = self._buffer[:end].decode()
        del self._buffer[:end]
        return Piece(_encode(text), end)


def plain_windows(data: bytes, utf8: LenientUtf8) -> Iterator[str]:
    """Decode bytes that are text as they are."""
    for start in range(0, len(data), _WINDOW_BYTES):
        yield utf8.decode(data[start : start + _WINDOW_BYTES])
    yield utf8.decode(b"", final=True)


def unescaped_windows(windows: Iterable[str]) -> Iterator[str]:
    """Unescape the inside of a valid JSON string literal without lone surrogates, window by window."""
    held = ""
    for window in windows:
        held += window
        end = _escape_boundary(held)
        yield _decode_string(f'"{held[:end]}"')
        held = held[end:]
    yield _decode_string(f'"{held}"')


def cut(windows: Iterable[str], cutter: TextCutter) -> Generator[Piece]:
    """Cut one record's text into pieces."""
    for window in windows:
        yield from cutter.feed(window)
    yield from cutter.finish()


def _escape_boundary(text: str) -> int:
    """Find the last place at or before the end where no escape is open."""
    start = max(0, len(text) - _LONGEST_ESCAPE)
    while start and text[start - 1] == "\\":  # which backslash of a run is escaped shows only from the run's start
        start -= 1
    found = _OPEN_ESCAPE.search(text, start)
    return found.start(1) if found else len(text)
