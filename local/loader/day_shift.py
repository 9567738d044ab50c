"""Moving recorded logs by whole days, so that they are as recent as can be without a line in the future.

CloudWatch refuses events over 14 days old. Only the runtime's stamp and the line's own header move; every line keeps
its length, every time of day stays, and what a message says further on is left as it was printed.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from local.loader.recorded_logs import Record

DAY: Final = timedelta(days=1)
DAY_MS: Final = 86_400_000

KLOG = re.compile(rb"\A([IWEF])(\d{4})(?= \d\d:\d\d:\d\d\.\d{6} )")
"""``E1123 13:23:04.757533       1 …``: month and day, no year."""

EPOCH_MS = re.compile(rb'(\A\{"ts":)(\d{13})(?=[.,}])')
"""Kubernetes' JSON logging: epoch milliseconds, a float."""

ISO_DATES = re.compile(
    rb'(\A|\A\{"level":"\w+","ts":"|"(?:requestReceivedTimestamp|stageTimestamp)":")(\d{4}-\d\d-\d\d)(?=T\d\d:\d\d:\d\d)'
)
"""At the line's start, in etcd's JSON (zap), and in an audit event."""


def days_until(now: datetime, stamps: Iterable[str]) -> int:
    """Return by how many whole days the latest stamp can move without passing ``now``: negative if it must go back."""
    latest = max(datetime.fromisoformat(_to_microseconds(stamp)) for stamp in stamps)
    return (now - latest) // DAY


def shifted(record: Record, days: int) -> Record:
    """Return the record as if it had been printed ``days`` later."""
    day = _moved_date(record.stamp[:10], days)
    return Record(day + record.stamp[10:], record.stream, _moved_header(record, days))


def _moved_header(record: Record, days: int) -> bytes:
    message = KLOG.sub(lambda found: found[1] + _moved_klog(found[2], record.stamp, days), record.message)
    message = EPOCH_MS.sub(lambda found: found[1] + str(int(found[2]) + days * DAY_MS).encode(), message)
    return ISO_DATES.sub(lambda found: found[1] + _moved_date(found[2].decode(), days).encode(), message)


def _moved_date(day: str, days: int) -> str:
    return (date.fromisoformat(day) + days * DAY).isoformat()


def _moved_klog(month_day: bytes, stamp: str, days: int) -> bytes:
    """Move klog's month and day. Its year is the one that brings it nearest to the runtime's stamp."""
    printed = date.fromisoformat(stamp[:10])
    month, day = int(month_day[:2]), int(month_day[2:])
    candidates = [_date(printed.year + offset, month, day) for offset in (-1, 0, 1)]
    nearest = min((found for found in candidates if found), key=lambda found: abs(found - printed))
    return (nearest + days * DAY).strftime("%m%d").encode()


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 29 February of another year
        return None


def _to_microseconds(stamp: str) -> str:
    """Cut an RFC 3339 stamp to what Python's datetime holds."""
    seconds, _, fraction = stamp.rstrip("Z").partition(".")
    return f"{seconds}.{fraction[:6]:0<6}+00:00"


def utc_now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)
