"""The floor: decompress and decode alone, chunk by chunk: ``python -m benchmarks.contenders.floor floor PIPE``.

It gets paths of files on standard input instead of messages, and answers with its figures and, from a second reading
that isn't measured, what it met.
"""

import json
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from isal import isal_zlib

from benchmarks.contenders.figures import figures
from benchmarks.content import Content, split, without_times

CHUNK_BYTES, READ_BYTES = 256 * 1024, 64 * 1024


class Line(msgspec.Struct, gc=False):
    """The two members that matter."""

    timestamp: datetime
    message: msgspec.Raw


def lines_of(path: str) -> Iterator[list[Line]]:
    """Read an object."""
    decode = msgspec.json.Decoder(Line).decode_lines
    rest = b""
    for chunk in _chunks(path):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield decode(rest + chunk[:end])
            rest = chunk[end:]
        else:
            rest += chunk
    yield decode(rest)


def _content(paths: Sequence[str]) -> Content:
    messages = (
        msgspec.json.decode(line.message, type=str) for path in paths for lines in lines_of(path) for line in lines
    )
    return without_times((0, piece) for message in messages for piece in split(message.encode()))


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:  # noqa: PTH123 - a floor
        data = file.read(READ_BYTES)
        while data:
            inflate = isal_zlib.decompressobj(31)
            while not inflate.eof:
                chunk = inflate.decompress(data, CHUNK_BYTES)
                yield chunk
                data = inflate.unconsumed_tail
                if not data and len(chunk) < CHUNK_BYTES and not inflate.eof:
                    data = file.read(READ_BYTES)
            data = inflate.unused_data or file.read(READ_BYTES)


def main(pipe: int) -> None:
    """Answer until ended."""
    with os.fdopen(pipe, "w") as out:
        for line in sys.stdin:
            paths = line.split()
            for path in paths:
                deque(lines_of(path), maxlen=0)
            measured = figures()
            content = _content(paths)
            out.write(json.dumps({**measured, "events": content.events, "sum": content.sum}) + "\n")
            out.flush()


if __name__ == "__main__":
    main(int(sys.argv[2]))
