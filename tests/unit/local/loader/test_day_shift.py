"""Recorded logs moved by whole days: stamp and header alike, nothing else."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from local.loader.day_shift import days_until, shifted
from local.loader.recorded_logs import Record, read_archive

RECORDED = "2026-11-23T13:25:54.472665152Z"


def moved(message: bytes, days: int, stamp: str = "2026-11-23T13:23:04.757533123Z") -> bytes:
    """Return a message after its record was moved."""
    return shifted(Record(stamp, "stdout", message), days).message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"E1123 13:23:04.757533       1 a.go:1] m", b"E1124 13:23:04.757533       1 a.go:1] m"),
        (b'{"ts":1795440110386.1628,"msg":"m"}', b'{"ts":1795526510386.1628,"msg":"m"}'),
        (b'{"ts":1795440110386,"msg":"m"}', b'{"ts":1795526510386,"msg":"m"}'),
        (
            b'{"level":"warn","ts":"2026-11-23T13:21:58.716560Z","msg":"m"}',
            b'{"level":"warn","ts":"2026-11-24T13:21:58.716560Z","msg":"m"}',
        ),
        (
            b'{"kind":"Event","requestReceivedTimestamp":"2026-11-23T13:22:00.1Z","stageTimestamp":"2026-11-23T13:22:00.2Z"}',
            b'{"kind":"Event","requestReceivedTimestamp":"2026-11-24T13:22:00.1Z","stageTimestamp":"2026-11-24T13:22:00.2Z"}',
        ),
        (b"2026-11-23T13:22:22.148923283Z AUDIT: id", b"2026-11-24T13:22:22.148923283Z AUDIT: id"),
    ],
)
def test_each_kind_of_header_moves(message, expected):
    """A line would say another day than its stamp, and an agent that reads headers would deliver it as too old."""
    assert moved(message, 1) == expected


@pytest.mark.parametrize(
    "message",
    [
        b"goroutine 1123 [running]:",
        b"\t&Pod{ObjectMeta:{a 2026-11-23 13:22:38 +0000 UTC}}",
        b"  E1123 13:23:04.757533       1 indented",
        b'W and then E1123 13:23:04.757533       1 a.go:1] {"ts":1795440110386.1}',
        b'{"msg":"at 2026-11-23T13:22:00Z"}',
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_no_header_stays_as_printed(message):
    """The demo would change what its logs say."""
    assert moved(message, 5) == message


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-23T13:25:54.472665+00:00", 0),
        ("2026-11-24T13:25:54.472664+00:00", 0),
        ("2026-11-24T13:25:54.472665+00:00", 1),
        ("2026-11-23T13:00:00+00:00", -1),
        ("2027-11-23T13:25:55+00:00", 365),
        ("2027-01-01T00:00:00+00:00", 38),
    ],
)
def test_the_latest_day_without_a_line_in_the_future_is_taken(now, days):
    """Lines would lie in the future, which CloudWatch refuses beyond two hours, or be older than need be."""
    assert days_until(datetime.fromisoformat(now), ["2026-11-23T13:00:00Z", RECORDED]) == days


def test_a_klog_date_crosses_the_turn_of_the_year():
    """Lines of klog name no year: one of the last minute of December would be read as a year off."""
    assert moved(b"I1123 13:23:04.757533       1 m", 39) == b"I0101 13:23:04.757533       1 m"
    late = moved(b"I1231 23:59:59.999999       1 m", 1, stamp="2027-01-01T00:00:00.000001Z")
    assert late == b"I0101 23:59:59.999999       1 m"


def test_a_klog_date_can_be_the_leap_day():
    """The loader would fail, or skip a day, in a leap year."""
    days = (datetime(2028, 2, 29, tzinfo=UTC) - datetime(2026, 11, 23, tzinfo=UTC)).days
    assert moved(b"I1123 13:23:04.757533       1 m", days) == b"I0229 13:23:04.757533       1 m"
    assert (
        moved(b"I0229 13:23:04.757533       1 m", 1, stamp="2028-02-29T13:23:05Z") == b"I0301 13:23:04.757533       1 m"
    )


HEADERS = [
    (re.compile(rb"\A[IWEF](\d{4}) \d\d:\d\d:\d\d"), lambda found, stamp: found == f"{stamp:%m%d}"),
    (
        re.compile(rb'\A\{"ts":(\d{13})[.,]'),
        lambda found, stamp: abs(int(found) / 1000 - stamp.timestamp()) < 86_400,
    ),
    (re.compile(rb'\A\{"level":"\w+","ts":"([^"T]+)T'), lambda found, stamp: found == f"{stamp:%Y-%m-%d}"),
    (re.compile(rb'"stageTimestamp":"([^"T]+)T'), lambda found, stamp: found == f"{stamp:%Y-%m-%d}"),
]


@pytest.mark.parametrize(
    "now", ["2027-11-23T06:00:00", "2027-01-01T00:00:00", "2028-02-29T23:00:00", "2026-11-24T00:00:00"]
)
def test_all_recorded_logs_move_to_any_day(now):
    """`make demo` would work only on the day it was written: a year from now, on 1 January, on a leap day."""
    today = datetime.fromisoformat(now + "+00:00")
    everything = [record for _, its_records in read_archive() for record in its_records]
    days = days_until(today, (record.stamp for record in everything))
    headers = 0
    latest = datetime.min.replace(tzinfo=UTC)
    for record in everything:
        after = shifted(record, days)
        assert len(after.message) == len(record.message)
        stamp = datetime.fromisoformat(after.stamp[:19] + "+00:00")
        latest = max(latest, stamp)
        for pattern, agrees in HEADERS:
            if found := pattern.search(after.message):
                headers += 1
                assert agrees(found[1].decode(), stamp), after
    assert headers > 9_000
    assert timedelta(0) <= today - latest < timedelta(days=1)
