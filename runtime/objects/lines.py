"""Splits chunks of bytes into pieces of whole lines; a line too long for memory is yielded in parts."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from runtime.errors import CorruptObjectError

MAX_LINE_BYTES = 16 * 1024 * 1024  # ours: what one line may take of memory; Vector's own default is 100 KiB


@dataclass(frozen=True, slots=True)
class LongLinePart:
    """A part of a line of over ``MAX_LINE_BYTES``; the parts of one line follow one another."""

    data: bytes
    last: bool


def whole_lines(chunks: Iterable[bytes], *, max_line_bytes: int = MAX_LINE_BYTES) -> Generator[bytes | LongLinePart]:
    r"""Yield pieces of whole lines as the chunks bring them, each with its ``\n``; the object's last one may have none.

    Where the chunks end with a ``CorruptObjectError``, the last line is yielded as far as it came, then it is raised.
    Any other error is raised at once: what was read so far says nothing about where the object ends.
    """
    begun = _BegunLine(max_line_bytes)
    defect: CorruptObjectError | None = None
    try:
        for chunk in chunks:
            end = chunk.rfind(b"\n") + 1
            if end:
                begin = 0
                if begun.is_too_long_with(first := chunk.find(b"\n")):
                    yield from begun.leave(chunk[:first])
                    begin = first + 1
                if begin < end:
                    yield begun.join(memoryview(chunk)[begin:end])
            yield from begun.add(chunk[end:])
    except CorruptObjectError as error:
        defect = error
    if begun:
        yield begun.join(b"") if not begun.is_too_long_with(0) else begun.leave(b"")[0]
    if defect is not None:
        raise defect


class _BegunLine:
    """The line that has begun and not ended: held up to the limit, passed on in parts beyond it."""

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._parts: list[bytes] = []
        self._length = 0

    def __bool__(self) -> bool:
        return self._length > 0

    def is_too_long_with(self, more: int) -> bool:
        """Whether that many bytes more end a line over the limit."""
        return self._length + more > self._max

    def add(self, data: bytes) -> list[LongLinePart]:
        """Take more of the line; return what has to leave because the line is too long to be held."""
        if not data:
            return []
        self._parts.append(data)
        self._length += len(data)
        if self._length <= self._max:
            return []
        parts, self._parts = self._parts, []
        return [LongLinePart(part, last=False) for part in parts]

    def leave(self, data: bytes) -> list[LongLinePart]:
        """Take the end of a line that is too long; return its last parts."""
        parts = [*self._parts, data]
        self._parts, self._length = [], 0
        return [LongLinePart(part, last=index == len(parts)) for index, part in enumerate(parts, 1)]

    def join(self, data: bytes | memoryview) -> bytes:
        """Put the line before what follows it; the next one begins."""
        whole = b"".join((*self._parts, data))
        self._parts, self._length = [], 0
        return whole
