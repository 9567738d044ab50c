"""A gzip body becomes chunks of plain bytes, a bounded piece at a time, however far it expands."""

from collections.abc import Callable, Generator
from typing import Protocol, cast

from runtime.errors import CorruptObjectError

try:  # isal has wheels for the function's platforms and takes a third of zlib's time; zlib gives the same bytes
    from isal import isal_zlib as _zlib
except ImportError:  # pragma: no cover - depends on the platform
    import zlib as _zlib  # type: ignore[no-redef]  # one or the other

CHUNK_BYTES = 256 * 1024  # stays in the CPU's second-level cache: memory traffic is what decompression costs
READ_BYTES = 64 * 1024  # compressed bytes asked of the network at a time
_MAGIC = b"\x1f\x8b"
_NESTED = b"\x1f\x8b\x08"  # no text has these bytes: 0x8b never follows 0x1f in UTF-8
_FIXED_HEADER_BYTES, _FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 10, 2, 4, 8, 16
_GZIP_WINDOW = 31  # 15 bits of window + 16: a gzip header and trailer are expected, the checksum is verified
MAX_HEADER_BYTES = 256 * 1024  # ours: RFC 1952 bounds the extra field (65,535 bytes), not the name or the comment

Read = Callable[[int], bytes]


class Inflater(Protocol):
    """The part of zlib's decompression object that is used here."""

    eof: bool
    unused_data: bytes
    unconsumed_tail: bytes

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most that many plain bytes."""


class Zlib(Protocol):
    """The part of the module ``zlib`` that is used here; isal's has the same."""

    error: type[Exception]

    def decompressobj(self, wbits: int, /) -> Inflater:
        """Return an inflater."""


ZLIB = cast("Zlib", _zlib)  # isal's stubs say of its exception's class that it is an exception


def decompress(
    read: Read, *, max_bytes: int, check_time: Callable[[], object] = bool, zlib: Zlib = ZLIB
) -> Generator[bytes]:
    """Yield the body's plain bytes in chunks of at most ``CHUNK_BYTES``; several gzip members are one stream.

    What comes before a defect is yielded before the error is raised.

    :param read: returns up to that many compressed bytes, and empty bytes at the end.
    :param max_bytes: uncompressed; more than that is taken for a decompression bomb.
    :param check_time: called for each chunk and each member, also where it is empty; stops the work by raising.
    :raises CorruptObjectError: ``empty-object``, ``not-gzip``, ``cut-gzip``, ``corrupt-gzip``, ``trailing-rubbish``,
        ``nested-gzip``, ``expands-too-far``.
    """
    produced = 0
    for chunk in _members(read, zlib, check_time):
        if not produced and chunk.startswith(_NESTED):
            raise CorruptObjectError("nested-gzip", "the object is compressed twice: the lines can't be read")
        produced += len(chunk)
        if produced > max_bytes:
            if within := chunk[: len(chunk) - (produced - max_bytes)]:
                yield within
            raise CorruptObjectError("expands-too-far", f"more than {max_bytes} bytes uncompressed")
        yield chunk
        check_time()


def _members(read: Read, zlib: Zlib, check_time: Callable[[], object]) -> Generator[bytes]:
    data = _magic_of(b"", read)
    if not data:
        raise CorruptObjectError("empty-object", "the object is empty; an empty gzip file has 20 bytes")
    if not data.startswith(_MAGIC):
        raise CorruptObjectError("not-gzip", "the object does not begin with a gzip header")
    while data:
        check_time()
        data = _with_whole_header(data, read)
        data = _magic_of((yield from _member(data, read, zlib)), read, padding=b"\0")
        if data and not data.startswith(_MAGIC):
            raise CorruptObjectError("trailing-rubbish", "data after a gzip member isn't another member")


def _with_whole_header(data: bytes, read: Read) -> bytes:
    """Read on until the member's header is whole: isal refuses valid optional fields that are cut by a read."""
    while not _has_whole_header(data) and len(data) <= MAX_HEADER_BYTES and (more := read(READ_BYTES)):
        data += more
    if len(data) > MAX_HEADER_BYTES and not _has_whole_header(data):
        raise CorruptObjectError("corrupt-gzip", f"a gzip header of more than {MAX_HEADER_BYTES} bytes")
    return data


def _has_whole_header(data: bytes) -> bool:
    """Check the fields of RFC 1952, section 2.3: ten fixed bytes, then what the flags announce, in this order."""
    if len(data) < _FIXED_HEADER_BYTES:
        return False
    flags, end = data[3], _FIXED_HEADER_BYTES
    if not flags & (_FEXTRA | _FNAME | _FCOMMENT | _FHCRC):
        return True
    if flags & _FEXTRA:
        if len(data) < end + 2:
            return False
        end += 2 + int.from_bytes(data[end : end + 2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            end = data.find(b"\0", end) + 1
            if not end:
                return False
    return len(data) >= end + (2 if flags & _FHCRC else 0)


def _magic_of(data: bytes, read: Read, padding: bytes = b"") -> bytes:
    """Read on until there are enough bytes to recognize a gzip header. Zeros between members are padding (gzip)."""
    data = data.lstrip(padding) if padding else data
    while len(data) < len(_MAGIC) and (more := read(READ_BYTES)):
        data += more
        data = data.lstrip(padding) if padding else data
    return data


def _member(data: bytes, read: Read, zlib: Zlib) -> Generator[bytes, None, bytes]:
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
