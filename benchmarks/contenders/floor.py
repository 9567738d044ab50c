"""The floor: decompress and decode alone, chunk by chunk: ``python -m benchmarks.contenders.floor floor PIPE``.

It gets paths of files on standard input instead of messages, and answers with its figures and how many events it met.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime

import msgspec
from isal import isal_zlib

from benchmarks.contenders.figures import figures

CHUNK_BYTES, READ_BYTES = 256 * 1024, 64 * 1024


class Line(msgspec.Struct, gc=False):
    """The two members that matter."""

    timestamp: datetime
    message: msgspec.Raw


def events_in(path: str) -> int:
    """Read an object; give how many events it has."""
    decode = msgspec.json.Decoder(Line).decode_lines
    events, rest = 0, b""
    for chunk in _chunks(path):
        end = chunk.rfind(b"\n") + 1
        if end:
            events += len(decode(rest + chunk[:end]))
            rest = chunk[end:]
        else:
            rest += chunk
    return events + len(decode(rest))


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
        for path in sys.stdin:
            events = sum(map(events_in, path.split()))
            out.write(json.dumps({**figures(), "events": events}) + "\n")
            out.flush()


if __name__ == "__main__":
    main(int(sys.argv[2]))
