"""A gzip body becomes chunks of plain bytes, a bounded piece at a time, however far it expands."""

from collections.abc import Callable, Generator
from typing import Any

from runtime.errors import CorruptObjectError

try:  # isal has wheels for the function's platforms and takes a third of zlib's time; zlib gives the same bytes
    from isal import isal_zlib as _zlib
except ImportError:  # pragma: no cover - depends on the platform
    import zlib as _zlib  # type: ignore[no-redef]

CHUNK_BYTES = 256 * 1024  # stays in the CPU's second-level cache: memory traffic is what decompression costs
READ_BYTES = 64 * 1024  # compressed bytes asked of the network at a time
_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # 15 bits of window + 16: a gzip header and trailer are expected, the checksum is verified

Read = Callable[[int], bytes]


def decompress(read: Read, *, max_bytes: int, zlib: Any = _zlib) -> Generator[bytes]:
    """Yield the body's plain bytes in chunks of at most ``CHUNK_BYTES``; several gzip members are one stream.

    What comes before a defect is yielded before the error is raised.

    :param read: gives up to that many compressed bytes, and empty bytes at the end.
    :param max_bytes: uncompressed; more than that is taken for a decompression bomb.
    :raises CorruptObjectError: ``empty-object``, ``not-gzip``, ``cut-gzip``, ``corrupt-gzip``, ``trailing-rubbish``,
        ``expands-too-far``.
    """
    produced = 0
    for chunk in _members(read, zlib):
        produced += len(chunk)
        if produced > max_bytes:
            yield chunk[: len(chunk) - (produced - max_bytes)]
            raise CorruptObjectError("expands-too-far", f"more than {max_bytes} bytes uncompressed")
        yield chunk


def _members(read: Read, zlib: Any) -> Generator[bytes]:
    data = _magic_of(b"", read)
    if not data:
        raise CorruptObjectError("empty-object", "the object has no bytes at all; an empty gzip file has 20")
    if not data.startswith(_MAGIC):
        raise CorruptObjectError("not-gzip", "the object does not begin with a gzip header")
    while data:
        data = _magic_of((yield from _member(data, read, zlib)), read, padding=b"\0")
        if data and not data.startswith(_MAGIC):
            raise CorruptObjectError("trailing-rubbish", "what follows a gzip member is not another one")


def _magic_of(data: bytes, read: Read, padding: bytes = b"") -> bytes:
    """Read on until there are enough bytes to be told from a gzip header. Zeros between members are padding (gzip)."""
    data = data.lstrip(padding) if padding else data
    while len(data) < len(_MAGIC) and (more := read(READ_BYTES)):
        data += more
        data = data.lstrip(padding) if padding else data
    return data


def _member(data: bytes, read: Read, zlib: Any) -> Generator[bytes, None, bytes]:
    """Yield one member's bytes; return the compressed bytes that follow it."""
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    while True:
        try:
            chunk = inflate.decompress(data, CHUNK_BYTES)
        except zlib.error as error:
            raise CorruptObjectError("corrupt-gzip", str(error)) from error
        if chunk:
            yield chunk
        if inflate.eof:
            return bytes(inflate.unused_data)
        data = inflate.unconsumed_tail
        # A full chunk may leave output inside the decompressor without any input left.
        if not data and len(chunk) < CHUNK_BYTES and not (data := read(READ_BYTES)):
            raise CorruptObjectError("cut-gzip", "the object ends in the middle of a gzip member")
