"""What an object's bytes become. The fast reading is held against the slow, obvious one of ``reference.py``."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.errors import CorruptObjectError
from runtime.objects.events import MAX_BLANK_BYTES, ReadStats, read_events
from tests.unit.runtime.objects import reference

LAST_MODIFIED = 1_760_000_000_123


def read(body: bytes, cuts=(), max_line_bytes=16 * 2**20):
    """Read bytes that arrive in chunks cut at the given places; check the columns; return events and counters."""
    places = sorted({cut % (len(body) + 1) for cut in cuts} | {0, len(body)})
    chunks = [body[begin:end] for begin, end in pairwise(places)]
    stats = ReadStats()
    events = []
    for block in read_events(chunks, last_modified_ms=LAST_MODIFIED, stats=stats, max_line_bytes=max_line_bytes):
        for timestamp, literal, size in zip(*block[:3], strict=True):
            text = json.loads(literal.decode())
            assert len(text.encode()) == size
            events.append(reference.Event(timestamp, text))
    assert stats.events == len(events)
    return events, stats


def line(**members) -> bytes:
    return json.dumps(members).encode() + b"\n"


DIGITS = st.integers(0, 10**12).map(str)
TIMES = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
        st.sampled_from([0, 1, 1969, 1970, 2024, 2026, 9999]),
        st.integers(0, 13),
        st.integers(0, 32),
        st.sampled_from("TTTt "),
        st.integers(0, 24),
        st.integers(0, 60),
        st.integers(0, 61),
        st.sampled_from(["", "."]) | DIGITS.map(".{}".format) | st.integers(0, 999_999_999).map(".{:09}".format),
        st.sampled_from(["Z", "Z", "Z", "z", "", "+05:30", "-00:00", "-23:59", "+24:00"]),
    ),
    st.integers(-(10**16), 10**16),
    st.decimals(0, 2 * 10**12, places=4).map(float),
    st.sampled_from([None, True, "", "yesterday", [], 10**12, 10**12 + 1, 10**15, 10**15 + 1]),
)
TEXTS = st.text(max_size=12) | st.sampled_from(["\ud800", "\udfff\ud83d", "\\ud800", "\ud83d\ude00", '"\\', "\0"])
MESSAGES = TEXTS | st.sampled_from([None, 1.5, {"a": {"message": "\ud800"}, "\ud800": "]"}, ["x", "\udc00"], {}, []])
RECORDS = st.fixed_dictionaries({}, optional={"timestamp": TIMES, "message": MESSAGES, "other": MESSAGES})
JSON_LINES = st.builds(
    lambda record, ascii_only: json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"),
    RECORDS,
    st.booleans(),
)
SCRAPS = st.sampled_from(
    rb"""
    {"message": " \ \u \ud83d \ude00 \uD800 } { [ ] , : 1 -1.5e3 01 NaN null "message" "m\u0065ssage" "timestamp"
    "2026-11-23T13:21:40.123456789Z"
    """.split()
    + b"\xff,\xe2\x82,\x85,\x0b,\0, ,\n,\r\n,\xf0\x9f\x98\x80,\xed\xa0\x80".split(b",")
)
LINES = st.one_of(JSON_LINES, st.binary(max_size=20), st.lists(SCRAPS, max_size=12).map(b"".join))


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=8).map(b"\n".join), st.lists(st.integers(0, 1000), max_size=4))
@example(b'{"message":{"a":"\\ud800"},"x":"\\ud800"}', [])
@example(b'{"message":"\\ud800\\u0041\\\\ud800"}', [])
@example(b'{"m\\u0065ssage":"x","\\ud800":1}\n{"message":1}{"message":2}\n{"message":\n1}', [])
@example(b'{"message":"a"}{"message":"b"}\n{"message":"c"\n}\n', [])
@example(b'{"message":"a"}{"message":"b"}\n\n{"message":"c"}\n', [])
@example(b'{"message":"a"}\n {"message":"b"}\n{"message":"c"} \n{"message":"\xc3\xa9\\u00e9"}\n', [])
@example(b'{"timestamp":"1970-01-01T00:00:00.001Z"}\n{"timestamp":"2016-12-31T23:59:60.5Z"}', [])
@example(b'{"timestamp":"2016-12-31T23:59:61.5Z","message":"a"}', [])
@example(b'{"timestamp":1e999999999}\n{"timestamp":1e-999999999999999999999}\n{"timestamp":999999999999.9999}', [])
@example(b'{"timestamp":"2016-12-31T23:59:40.Z"}\n{"timestamp":"2016-12-31T23:59:40+Z"}', [])
def test_any_input_is_read_as_the_obvious_reading_has_it(body, cuts):
    """An event would be lost, doubled, changed or given another time by the fast path, or a chunk's end would show."""
    events, _ = read(body, cuts)
    assert events == list(reference.read(body, LAST_MODIFIED))


@settings(deadline=None)
@given(st.lists(st.lists(SCRAPS, max_size=12).map(b"".join), max_size=6).map(b"\n".join), st.integers(1, 30))
def test_lines_over_the_limit_are_text_wherever_chunks_end(body, limit):
    """A line that can't be held would be lost, or read otherwise when the chunks end elsewhere."""
    events, stats = read(body, range(0, len(body), 3), max_line_bytes=limit)
    assert events == list(reference.read(body, LAST_MODIFIED, limit))
    assert stats.long_lines == sum(len(one) > limit for one in body.split(b"\n"))


@pytest.mark.parametrize(
    ("unit", "escaped"),
    [("a", False), ("é", False), ("😀", True), ('"', True), ("\0\\", True), ("日\n", False), ("\ud800", True)],
)
def test_an_event_over_the_limit_is_split_between_characters(unit, escaped):
    """A byte would be lost, or a character cut, where an event of over 1,048,550 bytes is split."""
    count = 2_300_000 // len(unit.encode("utf-8", "replace"))
    body = json.dumps({"message": "x" + unit * count}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    events, stats = read(body + b"\n" + line(message="next"), range(0, len(body), 262_144))
    assert events == list(reference.read(body + b"\n" + line(message="next"), LAST_MODIFIED))
    assert "".join(event.text for event in events[:-1]) == "x" + unit.replace("\ud800", "\ufffd") * count
    assert (stats.split, stats.pieces) == (1, len(events) - 1)


@pytest.mark.parametrize("size", [349_516, 349_517, 1_048_549, 1_048_550, 1_048_551])
@pytest.mark.parametrize("filling", [b"a", b"\xff"])
def test_sizes_around_the_limits_give_the_obvious_pieces(size, filling):
    """The path for long lines would differ from the one for short lines where the two meet."""
    for body in (b'{"message":"' + filling * size + b'"}', filling * size, b'{"message":[' + b"1" * size + b"]}"):
        assert read(body)[0] == list(reference.read(body, LAST_MODIFIED))


def test_every_departure_from_a_plain_line_is_counted_by_its_reason():
    """Someone would look for a line's missing half without any counter that tells of it."""
    body = b"".join(
        [
            line(timestamp="2026-11-23T13:21:40Z", message="plain"),
            b"not json\n[1]\n\n  \n",
            line(timestamp="2026-11-23T13:21:40Z"),
            line(timestamp="yesterday", message="x"),
            b'{"message":"\xff"}\n',
            b'{"message":"\\ud800"}\n',
        ]
    )
    _, stats = read(body)
    assert stats == ReadStats(
        events=7, no_timestamp=5, ahead=2, no_message=1, invalid_json=1, not_an_object=1, invalid_utf8=2, blank_lines=2
    )


def test_nesting_without_end_is_text_and_no_crash():
    """A line of a million brackets would end the process or be lost."""
    body = b'{"message":' + b"[" * 1_000_000 + b"\n"
    events, stats = read(body)
    assert events == [reference.Event(LAST_MODIFIED, body.decode().rstrip("\n"))]
    assert stats.invalid_json == 1


def chunks_that_end_with(error, *chunks):
    yield from chunks
    raise error


def test_what_lies_before_a_cut_is_read_to_the_last_byte():
    """The events before the place where an object is corrupt would be lost with it."""
    blocks = read_events(
        chunks_that_end_with(CorruptObjectError("cut-gzip"), b'{"message":"a"}\n{"mess'),
        last_modified_ms=1,
        stats=ReadStats(),
    )
    seen = []
    with pytest.raises(CorruptObjectError):
        seen.extend(literal for block in blocks for literal in block.literals)
    assert seen == [b'"a"', b'"{\\"mess"']


def test_an_interrupted_read_gives_no_half_line():
    """A connection that breaks would turn half a line into an event that no retry gives again."""
    blocks = read_events(
        chunks_that_end_with(ConnectionError(), b'{"message":"a"}\n{"mess'), last_modified_ms=1, stats=ReadStats()
    )
    assert next(blocks).literals == [b'"a"']
    with pytest.raises(ConnectionError):
        next(blocks)


def test_a_member_whose_name_is_not_utf8_beside_half_a_pair_does_not_end_the_read():
    r"""One line with a broken name and a lone ``\ud83d`` would be retried for a day, and park its whole object."""
    strange = b'{"timestamp":"yesterday","message":"a\\ud83d","\xed\xa0\xbd":["\\ud83d"]}'
    events, stats = read(strange + b"\n" + line(message="next"))
    assert [event.text for event in events] == ["a\ufffd", "next"]
    assert stats.invalid_utf8 == 1


@given(st.lists(st.sampled_from([b"", b" ", b"\t\r", b"\x0b\x0c", b"x", b'{"message":"a"}', b" y "]), max_size=12))
def test_blank_lines_are_counted_and_nothing_else_is_left_out(lines):
    """A line would vanish among blank ones, or a million blank ones take a host minutes."""
    body = b"".join(one + b"\n" for one in lines)
    events, stats = read(body)
    assert events == list(reference.read(body, LAST_MODIFIED))
    assert stats.blank_lines == sum(not one.strip() for one in lines)


def test_an_object_of_blank_lines_ends_at_a_limit():
    """One megabyte of line breaks would keep a host busy with a gigabyte of nothing."""
    chunks = [b"\n" * 1_000_000] * 100
    stats = ReadStats()
    with pytest.raises(CorruptObjectError, match="expands-too-far"):
        list(read_events(chunks, last_modified_ms=LAST_MODIFIED, stats=stats))
    assert MAX_BLANK_BYTES < stats.blank_lines <= MAX_BLANK_BYTES + 1_000_000


def test_an_event_ahead_of_its_object_takes_the_object_s_time():
    """A node's clock that is hours ahead would keep its lines from the customer for ever: CloudWatch refuses them."""
    ahead = [LAST_MODIFIED + offset for offset in (-1, 600_000, 600_001, 5 * 3_600_000)]
    events, stats = read(b"".join(line(timestamp=at, message="x") for at in ahead))
    assert [event.timestamp for event in events] == [ahead[0], ahead[1], LAST_MODIFIED, LAST_MODIFIED]
    assert (stats.ahead, stats.no_timestamp) == (2, 0)
