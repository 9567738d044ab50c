"""A slow, obvious reading of an object, line by line with the standard library. The fast one is held against it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

MAX_EVENT_BYTES = 1_048_550
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)


class Event(NamedTuple):
    timestamp: int
    text: str


def read(body: bytes, last_modified_ms: int, max_line_bytes: int = 16 * 2**20) -> Iterator[Event]:
    """Yield the events of an object's plain bytes."""
    lines = body.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for line in lines:
        timestamp, text = last_modified_ms, line.decode(errors="replace")
        if len(line) <= max_line_bytes:
            if not line.strip():
                continue
            timestamp, text = _record(text, last_modified_ms)
            if timestamp > last_modified_ms + 600_000:  # the clock of the node is wrong
                timestamp = last_modified_ms
        for piece in _split(text):
            yield Event(timestamp, piece)


def _record(line: str, last_modified_ms: int) -> tuple[int, str]:
    try:
        members = {key: (value, source) for key, value, source in _members(line)}
    except (ValueError, RecursionError):
        return last_modified_ms, line
    timestamp = members.get("timestamp")
    message = members.get("message")
    milliseconds = _milliseconds(*timestamp) if timestamp else None
    if message is None:
        text = line
    elif isinstance(message[0], str):
        text = LONE_SURROGATE.sub("\ufffd", message[0])
    else:
        text = message[1]
    return last_modified_ms if milliseconds is None else milliseconds, text


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _members(line: str) -> Iterator[tuple[str, object, str]]:
    """Take a JSON object apart, each value with its own source text."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=str, parse_float=str)
    whole = decoder.decode(line.strip(" \t\r"))
    if not isinstance(whole, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as any other bad line
    space = re.compile(r"[ \t\n\r]*")
    at = space.match(line, space.match(line).end() + 1).end()
    while line[at] != "}":
        key, at = json.decoder.scanstring(line, at + 1, True)
        begin = space.match(line, space.match(line, at).end() + 1).end()
        value, end = decoder.raw_decode(line, begin)
        number = line[begin] in "-0123456789"
        yield key, Decimal(0) if number else value, line[begin:end]
        at = space.match(line, end).end()
        if line[at] == ",":
            at = space.match(line, at + 1).end()


def _milliseconds(value: object, source: str) -> int | None:
    if isinstance(value, str):
        result = _of_string(value)
    elif isinstance(value, Decimal) and len(source) <= 64:
        try:
            number = Decimal(source)
        except InvalidOperation:
            return None
        if not 0 < number <= 10**15:
            return None
        result = int(number) if number > 10**12 else int(Fraction(number) * 1000)
    else:
        return None
    return result if result is not None and 0 < result <= 10**15 else None


def _of_string(text: str) -> int | None:
    found = RFC3339.fullmatch(text)
    if not found:
        return None
    day, minute, second, fraction, zone = found.groups()
    try:
        offset = UTC
        if zone not in "Zz":
            sign = -1 if zone[0] == "-" else 1
            offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
        begin = datetime.fromisoformat(f"{day}T{minute}:00").replace(tzinfo=UTC)
    except ValueError:
        return None
    if int(second) > 60:
        return None
    begin_ms = (begin - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    begin_ms -= offset.utcoffset(None) // timedelta(milliseconds=1)
    return begin_ms + int(second) * 1000 + int(Decimal("0" + (fraction or ".0")) * 1000 // 1)


def _split(text: str) -> Iterator[str]:
    """Cut by characters: as many as fit."""
    if len(text.encode()) <= MAX_EVENT_BYTES:
        yield text
        return
    begin, size = 0, 0
    for at, char in enumerate(text):
        bytes_of_char = len(char.encode())
        if size + bytes_of_char > MAX_EVENT_BYTES:
            yield text[begin:at]
            begin, size = at, 0
        size += bytes_of_char
    yield text[begin:]
