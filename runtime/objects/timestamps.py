"""An event's time: RFC 3339 or a number, in epoch milliseconds, truncated and never rounded.

The column of a whole chunk is parsed at once where all times have the form that the agent writes; every other form
is parsed one by one. A library's datetime would not do: msgspec's rounds nanoseconds to microseconds, which moves an
event by a millisecond now and then.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation

import msgspec
from msgspec import Raw

MAX_TIMESTAMP_MS = 10**15  # the latest time that a number of seconds up to 1e12 can name
SECONDS_UP_TO = Decimal(10**12)  # a number above is milliseconds
_MS_PER_SECOND = Decimal(1000)
_MAX_NUMBER_LENGTH = 64
_NUMBER_STARTS = frozenset(b"%c" % digit for digit in b"-0123456789")
_exact = Context(prec=2 * _MAX_NUMBER_LENGTH, rounding=ROUND_DOWN)
_MAX_CACHED_MINUTES = 4096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_LEAP_SECOND = 60
_AFTER_LEAP_SECOND = 161_000  # "1ssmmm"

# The agent's form, quotes included, digits as zeros: one comparison checks a whole column of it.
_SHAPE = b'"0000-00-00T00:00:00.000000000Z"'
_WIDTH = len(_SHAPE)
_MINUTE_END = len(b'"0000-00-00T00:00:')
_SECOND_AND_MS_DIGITS = (18, 19, 21, 22, 23)
_NO_FRACTION = len('"0000-00-00T00:00:00Z"')
_MS_END = len('"0000-00-00T00:00:00.000')
_DIGITS = b"0123456789"
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_decode_string = msgspec.json.Decoder(str).decode
_decode_integers = msgspec.json.Decoder(list[int]).decode


def parse(raw: bytes) -> int | None:
    """Read one time from its JSON source; ``None`` where it isn't usable.

    Usable are RFC 3339 strings (any offset, any number of fraction digits) and numbers (seconds up to 1e12, above it
    milliseconds) between 1970 and ``MAX_TIMESTAMP_MS``.
    """
    milliseconds = _parse_string(raw) if raw.startswith(b'"') else _parse_number(raw)
    return milliseconds if milliseconds is not None and 0 < milliseconds <= MAX_TIMESTAMP_MS else None


def parse_column(sources: Sequence[bytes | Raw]) -> list[int | None]:
    """Read many times at once; the same as ``parse`` for each."""
    count = len(sources)
    if not count:
        return []
    column = b"".join(sources)
    if column.translate(_DIGITS_TO_ZERO) != _SHAPE * count:
        raws = list(map(bytes, sources))
        column = _widened(raws)
        if column.translate(_DIGITS_TO_ZERO) != _SHAPE * count:
            return [parse(raw) for raw in raws]
    return _parse_agent_form(column) or [parse(bytes(source)) for source in sources]


def _parse_agent_form(column: bytes) -> list[int | None] | None:
    """Read a column of the agent's form; ``None`` where one of its times isn't usable, or has a leap second."""
    # Seconds and milliseconds of each row, "ssmmm", are a number of ms already. All rows' become one JSON
    # array, decoded at once: "1" before the digits, because JSON's numbers have no leading zeros.
    count = len(column) // _WIDTH
    numbers = bytearray(b"[") + b"100000," * count
    numbers[-1:] = b"]"
    for index, digit in enumerate(_SECOND_AND_MS_DIGITS, 2):
        numbers[index::7] = column[digit::_WIDTH]
    in_minute = _decode_integers(numbers)
    if max(in_minute) >= _AFTER_LEAP_SECOND:
        return None
    prefix = column[:_MINUTE_END]
    try:
        if column.count(prefix) == count:  # a busy pod's chunk lies in one minute
            minute = _minutes[prefix]
            return [minute + ms for ms in in_minute]
        begins = range(0, len(column), _WIDTH)
        return [_minutes[column[at : at + _MINUTE_END]] + ms for at, ms in zip(begins, in_minute, strict=True)]
    except _UnusableError:
        return None


def _widened(raws: Sequence[bytes]) -> bytes:
    """Bring times with other numbers of fraction digits to the agent's width; empty where one has another form."""
    heads = [raw[:_MS_END] if len(raw) > _NO_FRACTION else raw[:-2] + b".000" for raw in raws]
    tails = b"".join([raw[_MS_END:] if len(raw) > _NO_FRACTION else b'Z"' for raw in raws])
    # Each tail is digits, Z and a quote: every quote has its Z, and there is one in each, at its end.
    count = len(raws)
    if tails.translate(None, _DIGITS) != b'Z"' * count or tails.count(b'Z"') != count:
        return b""
    return b'000000Z"'.join([*heads, b""])


class _UnusableError(ValueError):
    """A minute that no calendar knows, or before 1970."""


class _Minutes(dict[bytes, int]):
    """Epoch ms of a minute, less the 100,000 that a row's "1ssmmm" brings. Threads may fill it twice: harmless."""

    def __missing__(self, prefix: bytes) -> int:
        milliseconds = _parse_string(prefix + b'00Z"')
        if milliseconds is None or milliseconds <= 0:
            raise _UnusableError
        if len(self) >= _MAX_CACHED_MINUTES:
            self.clear()
        self[prefix] = milliseconds - 100_000
        return milliseconds - 100_000


_minutes = _Minutes()


def _parse_string(raw: bytes) -> int | None:
    try:
        found = _RFC3339.fullmatch(_decode_string(raw))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = found.groups()
    leap = int(second) == _LEAP_SECOND  # RFC 3339 allows it; the epoch has no place for it but the next second
    try:
        whole = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second) - leap, tzinfo=UTC)
    except ValueError:
        return None
    shift = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    seconds = (whole - _EPOCH) // timedelta(seconds=1) + leap
    seconds += int(shift.total_seconds()) * (1 if sign == "-" else -1)
    return seconds * 1000 + int(((fraction or "") + "000")[:3])


def _parse_number(raw: bytes) -> int | None:
    if len(raw) > _MAX_NUMBER_LENGTH or raw[:1] not in _NUMBER_STARTS:
        return None
    try:
        number = Decimal(raw.decode())
    except InvalidOperation:  # an exponent beyond what Decimal holds
        return None
    if not 0 < number <= MAX_TIMESTAMP_MS:  # before int(): 1e999999999 has a billion digits
        return None
    return int(number if number > SECONDS_UP_TO else _exact.multiply(number, _MS_PER_SECOND))
