"""Chunks of bytes become lists of whole lines; a line too long to be held leaves in parts."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from runtime.deliveries.errors import CorruptObjectError

MAX_LINE_BYTES = 16 * 1024 * 1024  # ours: what one line may take of memory; Vector's own default is 100 KiB


@dataclass(frozen=True, slots=True)
class LongLinePart:
    """A part of a line of over ``MAX_LINE_BYTES``; the parts of one line follow one another."""

    data: bytes
    last: bool


def split_lines(
    chunks: Iterable[bytes], *, max_line_bytes: int = MAX_LINE_BYTES
) -> Generator[list[bytes] | LongLinePart]:
    r"""Yield lists of lines without their ``\n``, as many as the chunks bring, in order.

    Where the chunks end with a ``CorruptObjectError``, the last line is yielded as far as it came, then it is raised.
    Any other error is raised at once: what was read so far says nothing about where the object ends.
    """
    assembly = _Assembly(max_line_bytes)
    defect: CorruptObjectError | None = None
    try:
        for chunk in chunks:
            lines = chunk.split(b"\n")
            tail = lines.pop()
            if lines:
                ended = assembly.finish(lines[0])
                if not isinstance(ended, bytes):
                    yield from ended
                    del lines[0]
                else:
                    lines[0] = ended
                if lines:
                    yield lines
            yield from assembly.add(tail)
    except CorruptObjectError as error:
        defect = error
    if assembly:
        ended = assembly.finish(b"")
        yield from [[ended]] if isinstance(ended, bytes) else ended
    if defect is not None:
        raise defect


class _Assembly:
    """The line that has begun and not ended: held up to the limit, passed on in parts beyond it."""

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._parts: list[bytes] = []
        self._length = 0

    def __bool__(self) -> bool:
        return self._length > 0

    def add(self, data: bytes) -> list[LongLinePart]:
        """Take more of the line; return what has to leave because the line is too long to be held."""
        if not data:
            return []
        self._parts.append(data)
        self._length += len(data)
        return self._leave(last=False) if self._length > self._max else []

    def finish(self, data: bytes) -> bytes | list[LongLinePart]:
        """Take the line's end; return the whole line, or its last parts where it was too long."""
        self._parts.append(data)
        self._length += len(data)
        if self._length > self._max:
            parts = self._leave(last=True)
            self._length = 0
            return parts
        line = data if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._length = [], 0
        return line

    def _leave(self, *, last: bool) -> list[LongLinePart]:
        parts, self._parts = self._parts, []
        return [LongLinePart(part, last and place == len(parts)) for place, part in enumerate(parts, 1)]
