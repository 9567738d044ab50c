"""Times: a column read at once gives what one by one gives, and milliseconds are truncated."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.objects.timestamps import MAX_TIMESTAMP_MS, parse, parse_column

SECONDS = st.datetimes(allow_imaginary=False).map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0"))
AGENT_FORM = st.tuples(SECONDS, st.integers(0, 999_999_999)).map(lambda at: f'"{at[0]}.{at[1]:09}Z"'.encode())
SHORTER = st.tuples(SECONDS, st.text("0123456789", max_size=9)).map(
    lambda at: f'"{at[0]}{"." if at[1] else ""}{at[1]}Z"'.encode()
)
OTHERS = st.sampled_from(
    [
        *(b"\0", b"null", b"1700000000", b'"2026-11-23T13:61:40.123456789Z"', b'"2026-11-23T13:21:61Z"'),
        *(b'"2026-11-23T13:21:40.123Z456"', b'"2026-11-23T13:21:40.123456"', b'"2026-11-23T13:21:40.123ZZ"'),
    ]
)


@given(st.lists(AGENT_FORM, max_size=5))
def test_a_column_of_the_agents_form_is_read_as_row_by_row(column):
    """The fast reading of a whole chunk's times would move an event."""
    assert parse_column(column) == [parse(raw) for raw in column]


@given(st.lists(AGENT_FORM | SHORTER | OTHERS, max_size=5))
def test_a_mixed_column_is_read_as_row_by_row(column):
    """One time in another form would change the times beside it."""
    assert parse_column(column) == [parse(raw) for raw in column]


def test_nanoseconds_never_round_up():
    """An event would move by a millisecond, as with decoders that round to microseconds."""
    assert parse(b'"2026-11-23T13:21:40.123999999Z"') == parse(b'"2026-11-23T13:21:40.123Z"')
    assert parse_column([b'"2026-11-23T23:59:59.999999999Z"']) == [parse(b'"2026-11-23T23:59:59.999Z"')]
    assert parse(b"1700000000.1239999999999999999999999999999999999") == 1_700_000_000_123


def test_an_absurd_exponent_is_unusable_and_cheap():
    """One number in a log line would take the process's memory."""
    assert parse(b"1e999999999") is None
    assert parse(b"1e-99999999999999999999") is None


def test_the_latest_time_is_the_one_that_seconds_can_name():
    """Nanoseconds would be taken for milliseconds of the far future."""
    assert parse(b"1000000000000") == MAX_TIMESTAMP_MS
    assert parse(b"1700000000000000000") is None
