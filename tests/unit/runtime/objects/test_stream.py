"""A gzip body as chunks of plain bytes."""

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from runtime.errors import CorruptObjectError
from runtime.objects.stream import CHUNK_BYTES, decompress

NO_LIMIT = 1 << 40


PLAIN = st.binary(max_size=200).filter(lambda plain: not plain.startswith(b"\x1f\x8b"))  # such is no log


def reader(body: bytes, at_most=1 << 30):
    stream = io.BytesIO(body)
    return lambda size: stream.read(min(size, at_most))


def outcome(body: bytes, *, at_most=1 << 30, max_bytes=NO_LIMIT, library=isal_zlib):
    """Return the plain bytes, and the reason of the defect that ended them."""
    plain = bytearray()
    try:
        for chunk in decompress(reader(body, at_most), max_bytes=max_bytes, zlib=library):
            assert 0 < len(chunk) <= CHUNK_BYTES
            plain += chunk
    except CorruptObjectError as error:
        return bytes(plain), error.reason
    return bytes(plain), None


@pytest.mark.parametrize("library", [isal_zlib, zlib])
@given(st.lists(PLAIN, min_size=1, max_size=4), st.integers(1, 50), st.integers(0, 3))
def test_members_are_one_stream_however_the_network_cuts_it(library, members, at_most, zeros):
    """A second member would be lost, or a header cut by the network taken for rubbish."""
    body = b"".join(gzip.compress(member) + b"\0" * zeros for member in members)
    assert outcome(body, at_most=at_most, library=library) == (b"".join(members), None)


@pytest.mark.parametrize("library", [isal_zlib, zlib])
def test_a_body_that_expands_a_thousandfold_comes_in_bounded_chunks(library):
    """A small object would take gigabytes of memory, or the last bytes inside the decompressor would be lost."""
    size = 20 * CHUNK_BYTES + 1
    plain, reason = outcome(gzip.compress(b"\0" * size), library=library)
    assert (len(plain), reason) == (size, None)


def test_a_bomb_is_cut_at_the_limit_and_named():
    """An object that expands without end would keep the processor busy for ever."""
    body = gzip.compress(b"x" * 1000)
    assert outcome(body, max_bytes=1000) == (b"x" * 1000, None)
    assert outcome(body, max_bytes=999) == (b"x" * 999, "expands-too-far")


def member(plain: bytes, *, extra=None, name=None, comment=None, checked=False) -> bytes:
    """Make a gzip member with any of the optional fields of RFC 1952, section 2.3."""
    flags = 4 * (extra is not None) | 8 * (name is not None) | 16 * (comment is not None) | 2 * checked
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6)
    if extra is not None:
        head += len(extra).to_bytes(2, "little") + extra
    head += b"".join(text + b"\0" for text in (name, comment) if text is not None)
    if checked:
        head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    return head + gzip.compress(plain, mtime=0)[10:]


texts = st.none() | st.binary(max_size=40).map(lambda text: text.replace(b"\0", b""))


@pytest.mark.parametrize("library", [isal_zlib, zlib])
@given(
    st.lists(
        st.builds(member, PLAIN, extra=texts, name=texts, comment=texts, checked=st.booleans()),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 30),
)
def test_optional_fields_of_a_header_may_be_cut_anywhere(library, members, at_most):
    """A valid object would be called corrupt, for good, because of where the network cut its header."""
    body = b"".join(members)
    assert outcome(body, at_most=at_most, library=library) == (gzip.decompress(body), None)


def test_thousands_of_members_with_headers_of_every_form():
    """Only the first thousands of lines of a valid object would reach the customer."""
    fields = [{"name": b"a.log", "comment": b"by hand"}, {"extra": b"x" * 20, "comment": b"c"}, {"checked": True}]
    members = [member(b'{"message": "%d"}\n' % number, **fields[number % 3]) for number in range(8000)]
    plain, reason = outcome(b"".join(members))
    assert (plain.count(b"\n"), reason) == (8000, None)


def test_a_header_without_an_end_is_refused():
    """A name that never ends would be collected in memory for as long as the object goes on."""
    body = member(b"", name=b"n" * 10)[:15] + b"n" * 1_000_000
    assert outcome(body) == (b"", "corrupt-gzip")


def test_an_object_that_is_compressed_twice_is_refused_by_name():
    """The customer would get binary rubbish as one event, and the lines would be settled."""
    assert outcome(gzip.compress(gzip.compress(b'{"message": "a"}\n'))) == (b"", "nested-gzip")


@pytest.mark.parametrize(
    "body", [gzip.compress(b"") * 1000, gzip.compress(b"\n" * 4 * CHUNK_BYTES)], ids=["members", "blank lines"]
)
def test_the_time_is_checked_where_nothing_is_found(body):
    """Empty members and blank lines would be read to the end long after the host has to stop."""
    checks = []

    def check():
        checks.append(1)
        if len(checks) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(decompress(reader(body), max_bytes=NO_LIMIT, check_time=check))


WHOLE = gzip.compress(bytes(range(256)) * 50, mtime=0)


@pytest.mark.parametrize("library", [isal_zlib, zlib])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty-object"),
        (b"\x1f", "not-gzip"),
        (b'{"message":"plain"}\n', "not-gzip"),
        (b"\0\0\0", "not-gzip"),
        (WHOLE[:2], "cut-gzip"),
        (WHOLE[:-1], "cut-gzip"),
        (WHOLE + WHOLE[:40], "cut-gzip"),
        (WHOLE[:-8] + b"1234" + WHOLE[-4:], "corrupt-gzip"),
        (WHOLE[:20] + b"\xff" * 30 + WHOLE[50:], "corrupt-gzip"),
        (WHOLE + b"rubbish", "trailing-rubbish"),
        (WHOLE + b"\0\0r", "trailing-rubbish"),
    ],
)
def test_a_defect_has_its_own_word(body, reason, library):
    """An operator could not tell a cut upload from a foreign file, or the defect would pass unseen."""
    assert outcome(body, library=library)[1] == reason


def test_what_lies_before_a_cut_is_given_first():
    """The events before the place where an upload broke off would be lost."""
    text = b"".join(b"line %d\n" % number for number in range(100_000))
    body = gzip.compress(text)
    plain, reason = outcome(body[: len(body) // 2])
    assert reason == "cut-gzip"
    assert text.startswith(plain)
    assert len(plain) > len(text) // 3


def test_an_empty_gzip_file_has_no_bytes_and_no_defect():
    """An object without any event would be taken for a broken one."""
    assert outcome(gzip.compress(b"")) == (b"", None)
