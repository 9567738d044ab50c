"""Lines become events: a time, and a message that reaches the customer byte for byte (contract §2 and §4).

The fast path decodes a chunk's lines, in one call, each into two pieces of its source, and copies the message's literal
as it is. Lines that need more than that leave the path; nothing is dropped but blank lines, and those are counted.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from msgspec import Raw

from runtime.errors import CorruptObjectError
from runtime.objects import surrogates, timestamps
from runtime.objects.lines import MAX_LINE_BYTES, LongLinePart, whole_lines
from runtime.objects.text import MAX_EVENT_BYTES, LenientUtf8, Piece, TextCutter, cut, plain_windows, unescaped_windows

# Replacing an invalid byte makes three of it: no line up to here can give an event over the limit.
_SHORT_LINE_BYTES = MAX_EVENT_BYTES // 3
# Ours. A line printed a million times is a log whose size shrinks a thousandfold; 64 MiB of nothing are none.
MAX_BLANK_BYTES = 64 * 1024 * 1024
_ABSENT = b"\0"  # begins no JSON value, and never empty: its first byte can be read like any other's
_BLANK_LINES = re.compile(rb"^(?:[ \t\r\x0b\x0c]*+\n)++", re.MULTILINE)
MAX_AHEAD_MS = 10 * 60 * 1000
"""How far an event may be ahead of its object's LastModified (contract §4): it is printed before that is written."""
_QUOTE, _OPEN, _CLOSE = ord('"'), ord("{"), ord("}")


class _Line(msgspec.Struct, gc=False):
    """The two members that matter, as pieces of the line's source."""

    timestamp: Raw = Raw(_ABSENT)
    message: Raw = Raw(_ABSENT)


_decode = msgspec.json.Decoder(_Line).decode
_decode_lines = msgspec.json.Decoder(_Line).decode_lines
_check_json = msgspec.json.Decoder(Raw).decode
_decode_strings = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class ReadStats:
    """Counts from reading an object: numbers of events, or of lines where the name says so.

    ``no_timestamp``: took LastModified. ``ahead``: took it, being over ten minutes after it, by the clock of
    the node is wrong. ``no_message``, ``invalid_json``, ``not_an_object``,
    ``long_lines``: delivered as text, the whole line. ``invalid_utf8``: something became U+FFFD.
    ``split``: became several events, ``pieces`` of them in all. ``blank_lines``: no event.
    """

    events: int = 0
    no_timestamp: int = 0
    ahead: int = 0
    no_message: int = 0
    invalid_json: int = 0
    not_an_object: int = 0
    invalid_utf8: int = 0
    long_lines: int = 0
    split: int = 0
    pieces: int = 0
    blank_lines: int = 0


class EventBlock(NamedTuple):
    """Some events in the object's order, as columns: epoch ms, JSON string literals, UTF-8 bytes of the text.

    ``record``: the first one's number among the object's records; each further event is the next record. ``piece``:
    of an event that is a piece of its record, and alone in its block.
    """

    timestamps: list[int]
    literals: list[bytes]
    sizes: list[int]
    record: int = 0
    piece: int = 0


def read_events(
    chunks: Iterable[bytes], *, last_modified_ms: int, stats: ReadStats, max_line_bytes: int = MAX_LINE_BYTES
) -> Generator[EventBlock]:
    """Yield the object's events, a block for each chunk or so.

    :param chunks: the object's plain bytes. Where they end with an error, the events before it are yielded first if
        it says that the object itself ends there (``CorruptObjectError``).
    :param last_modified_ms: the object's LastModified, for events without a usable time: the same on every retry.
    """
    reader = _Reader(last_modified_ms, stats)
    for piece in whole_lines(chunks, max_line_bytes=max_line_bytes):
        if isinstance(piece, LongLinePart):
            yield from reader.long_line(piece)
        elif (block := reader.plain_lines(piece)) or (
            block := reader.plain_lines(piece := reader.without_blanks(piece))
        ):
            yield block
        elif piece:
            yield from reader.any_lines(piece.removesuffix(b"\n").split(b"\n"))


class _Reader:
    def __init__(self, last_modified_ms: int, stats: ReadStats) -> None:
        self._last_modified_ms = last_modified_ms
        self._stats = stats
        self._blank_bytes = 0
        self._records = 0
        self._cutter, self._utf8 = TextCutter(), LenientUtf8()  # of the line over the limit that is under way

    def plain_lines(self, data: bytes) -> EventBlock | None:
        """Read lines that are all as the agent writes them, at once; ``None`` where one may not be."""
        if len(data) > _SHORT_LINE_BYTES:
            return None
        try:
            rows = _decode_lines(data)
            if not _is_one_a_line(data, len(rows)):
                return None
            literals = [bytes(row.message) for row in rows]
            # Decoded to be measured; what isn't a string of valid UTF-8 isn't plain.
            texts = _decode_strings(b"[%b]" % b",".join(literals))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        self._stats.events += len(rows)
        times = self._times([row.timestamp for row in rows])
        return EventBlock(times, literals, utf8_sizes(texts), self._number(len(rows)))

    def without_blanks(self, data: bytes) -> bytes:
        """Take blank lines out, all in one pass: a small object may expand to hundreds of millions of them.

        :raises CorruptObjectError: the object has more of them than any log.
        """
        kept = _BLANK_LINES.sub(b"", data)
        self._stats.blank_lines += data.count(b"\n") - kept.count(b"\n")
        self._blank_bytes += len(data) - len(kept)
        if self._blank_bytes > MAX_BLANK_BYTES:
            raise CorruptObjectError("expands-too-far", f"more than {MAX_BLANK_BYTES} bytes of blank lines")
        return kept

    def any_lines(self, lines: list[bytes]) -> Iterator[EventBlock]:
        """Read lines of any kind; one that may go over the limit of an event by itself, in bounded memory."""
        begin = 0
        for index, line in enumerate(lines):
            if len(line) > _SHORT_LINE_BYTES:
                if begin < index:
                    yield self._short_lines(lines[begin:index])
                begin = index + 1
                if not self._is_blank(line):
                    yield from self._one_line(line)
        if begin < len(lines):
            yield self._short_lines(lines[begin:])

    def _short_lines(self, lines: list[bytes]) -> EventBlock:
        # Beside a line over the limit the others may well be plain.
        return self.plain_lines(b"\n".join([*lines, b""])) or self._unusual_lines(lines)

    def _unusual_lines(self, lines: list[bytes]) -> EventBlock:
        lines = [line for line in lines if not self._is_blank(line)]
        rows = list(map(self._row, lines))
        literals = [self._literal(bytes(row.message), line) for row, line in zip(rows, lines, strict=True)]
        sizes = utf8_sizes(_decode_strings(b"[%b]" % b",".join(literals)))
        self._stats.events += len(rows)
        return EventBlock(self._times([row.timestamp for row in rows]), literals, sizes, self._number(len(rows)))

    def _number(self, records: int) -> int:
        """Number that many records; return the first one's number."""
        self._records += records
        return self._records - records

    def _literal(self, message: bytes, line: bytes) -> bytes:
        """Return the literal of an event's text: valid UTF-8, whatever the message is."""
        if message[0] == _QUOTE:
            return message if message.isascii() else self._lenient(message).encode()
        return _encode(self._lenient(self._text_source(message, line)))

    def long_line(self, part: LongLinePart) -> Iterator[EventBlock]:
        """Read the next part of a line that can't be held: text, at the object's time."""
        for piece in self._cutter.feed(self._utf8.decode(part.data)):
            yield self._piece(piece, self._cutter, [self._last_modified_ms])
        if part.last:
            for piece in cut([self._utf8.decode(b"", final=True)], self._cutter):
                yield self._piece(piece, self._cutter, [self._last_modified_ms])
            self._stats.long_lines += 1
            self._stats.no_timestamp += 1
            self._count_record(self._cutter, self._utf8)
            self._cutter, self._utf8 = TextCutter(), LenientUtf8()

    def _one_line(self, line: bytes) -> Iterator[EventBlock]:
        row = self._json_row(line)
        cutter, utf8 = TextCutter(), LenientUtf8()
        source = line if row is None else bytes(row.message)
        if row is not None and source[0] == _QUOTE:
            windows = unescaped_windows(plain_windows(source[1:-1], utf8))
        else:
            windows = plain_windows(line if row is None else self._text_source(source, line), utf8)
        timestamp = self._times([Raw(_ABSENT) if row is None else row.timestamp])
        for piece in cut(windows, cutter):
            yield self._piece(piece, cutter, timestamp)
        self._count_record(cutter, utf8)

    def _piece(self, piece: Piece, cutter: TextCutter, timestamp: list[int]) -> EventBlock:
        return EventBlock(timestamp, [piece.literal], [piece.size], self._records, cutter.pieces - 1)

    def _count_record(self, cutter: TextCutter, utf8: LenientUtf8) -> None:
        self._number(1)
        self._stats.events += cutter.pieces
        self._stats.invalid_utf8 += utf8.replaced
        if cutter.pieces > 1:
            self._stats.split += 1
            self._stats.pieces += cutter.pieces

    def _row(self, line: bytes) -> _Line:
        """Decode one line; one that is no JSON object becomes a row with its text as message."""
        return self._json_row(line) or _Line(message=Raw(_encode(self._lenient(line))))

    def _json_row(self, line: bytes) -> _Line | None:
        try:
            return _decode(line)
        except (msgspec.DecodeError, RecursionError):
            pass
        if surrogates.may_hold_half_a_pair(line) and (row := self._repaired_row(line)):
            return row
        try:
            _check_json(line)
            self._stats.not_an_object += 1
        except (msgspec.DecodeError, RecursionError):
            self._stats.invalid_json += 1
        return None

    def _repaired_row(self, line: bytes) -> _Line | None:
        replaced = surrogates.replace_lone_halves(line)
        try:
            row = _decode(replaced)
        except (msgspec.DecodeError, RecursionError):
            return None
        span = surrogates.member_span(replaced, "message")
        if span is None:
            return row
        source = line[span].strip()
        if source[0] == _QUOTE:
            self._stats.invalid_utf8 += replaced[span].strip() != source
            return row
        return _Line(timestamp=row.timestamp, message=Raw(source))  # its own source text, unmended

    def _is_blank(self, line: bytes) -> bool:
        blank = not line.strip()
        self._stats.blank_lines += blank
        return blank

    def _text_source(self, message: bytes, line: bytes) -> bytes:
        """Return which bytes are the text of an event whose message isn't a JSON string."""
        if message != _ABSENT:
            return message
        self._stats.no_message += 1
        return line

    def _lenient(self, source: bytes) -> str:
        try:
            return source.decode()
        except UnicodeDecodeError:
            self._stats.invalid_utf8 += 1
            return source.decode(errors="replace")

    def _times(self, sources: list[Raw]) -> list[int]:
        found = timestamps.parse_column(sources)
        self._stats.no_timestamp += found.count(None)
        times = [self._last_modified_ms if time is None else time for time in found] if None in found else found
        return self._none_ahead(times)  # type: ignore[arg-type]  # just looked

    def _none_ahead(self, times: list[int]) -> list[int]:
        latest = self._last_modified_ms + MAX_AHEAD_MS
        if not times or max(times) <= latest:
            return times
        self._stats.ahead += sum(time > latest for time in times)
        return [self._last_modified_ms if time > latest else time for time in times]


def utf8_sizes(texts: list[str]) -> list[int]:
    """Return the bytes of each text."""
    if all(map(str.isascii, texts)):
        return list(map(len, texts))
    return [len(text) if text.isascii() else len(text.encode()) for text in texts]


def _is_one_a_line(data: bytes, documents: int) -> bool:
    """Whether each of the documents in ``data`` is a line of its own, and each line one of them.

    A document ends with a brace and the next one begins with one; inside a document the two never meet, and no string
    has a line break in it. (msgspec itself takes any blanks between documents, or none.)
    """
    last = len(data) - 1
    find = data.find
    end, lines = find(b"\n"), 1
    while end != last:
        if end < 0 or data[end - 1] != _CLOSE or data[end + 1] != _OPEN:
            return False
        lines += 1
        end = find(b"\n", end + 1)
    return lines == documents and data[0] == _OPEN and data[end - 1] == _CLOSE
