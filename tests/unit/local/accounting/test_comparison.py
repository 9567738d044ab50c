"""Counting by content: nothing missing, nothing twice, nothing else."""

import gzip
import json

import pytest

from local.accounting.comparison import count_bucket, count_log_group
from local.accounting.events import SentEvent, events_of, milliseconds
from local.loader.objects import LogObject

KEY = "tenant_id=acme/cluster_id=demo/application=etcd/pod_name=etcd-0/file.json.gz"
STREAM = "demo/etcd/etcd-0"
STAMP = "2026-11-23T13:00:00.0019Z"
TIME = 1795438800001


def sent(*messages, key=KEY):
    """Return an object of these messages."""
    lines = [json.dumps({"timestamp": STAMP, "message": message}) + "\n" for message in messages]
    return LogObject(key, gzip.compress("".join(lines).encode()))


def event(message, *, at=TIME, stream=STREAM):
    """Return a delivered event."""
    return SentEvent(stream, at, message)


def group(objects, found, aside=()):
    """Count a log group."""
    return count_log_group("acme", "cloudwatch", objects, found, aside)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [(STAMP, TIME), ("2026-11-23T13:00:00Z", TIME - 1), ("2026-11-23T13:00:00.9999999Z", TIME + 998)],
)
def test_times_are_cut_to_milliseconds(stamp, expected):
    """A rounding processor would not be seen, or a right one be called wrong."""
    assert milliseconds(stamp) == expected


def test_all_there_once_is_complete():
    """A perfect delivery would fail the demo."""
    count = group([sent("a", "b", "b")], [event("b"), event("a"), event("b")])
    assert (count.complete, count.expected, count.delivered, count.applications["etcd"]) == (True, 3, 3, 3)


def test_a_missing_event_is_lost_and_an_extra_one_doubled():
    """One event lost and another delivered twice would cancel each other out in a count of numbers."""
    count = group([sent("a", "b")], [event("a"), event("a")])
    assert (count.complete, count.delivered, count.lost, count.doubled) == (False, 1, 1, 1)


@pytest.mark.parametrize("wrong", [event("a "), event("a", at=TIME + 1), event("a", stream="demo/etcd/etcd-1")])
def test_another_text_time_or_stream_is_not_the_event(wrong):
    """Altered, shifted or misplaced events would pass as delivered."""
    count = group([sent("a")], [wrong])
    assert (count.delivered, count.lost, count.doubled) == (0, 1, 1)


def test_empty_events_are_left_out_and_counted():
    """The 24 empty records of the recorded logs would be called lost."""
    count = group([sent("", "a", "")], [event("a")])
    assert (count.complete, count.expected, count.left_out) == (True, 1, 2)


def test_events_set_aside_are_accounted_for():
    """An event that CloudWatch can't take would be called lost although it is kept with its reason."""
    count = group([sent("a", "old")], [event("a")], [event("old")])
    assert (count.complete, count.expected, count.delivered, count.set_aside) == (True, 2, 1, 1)


def test_a_split_event_is_one_record_again():
    """The record of 1.2 MB would be counted as lost, and its pieces as doubled."""
    big = "x" * 1_048_549 + "é" + "y" * 10
    count = group([sent("a", big)], [event("a"), event(big[:1_048_549]), event(big[1_048_549:])])
    assert (count.complete, count.expected, count.delivered) == (True, 2, 2)


@pytest.mark.parametrize("cut", [slice(None, -1), slice(1, None)])
def test_a_split_event_with_a_byte_missing_is_lost(cut):
    """A split that loses a byte at its seam or its end would pass."""
    big = "x" * 1_048_551
    pieces = [event(big[:600_000]), event(big[600_000:][cut])]
    assert group([sent(big)], pieces).lost == 1


def test_objects_are_compared_at_their_own_key():
    """A copy under another tenant's or pod's key would pass as delivered."""
    object_ = sent("a", "b", "")
    right, wrong = "p/acme/demo/etcd/etcd-0/file.json.gz", "p/acme/demo/etcd/etcd-1/file.json.gz"
    good = count_bucket("acme", "s3", [object_], {right: object_.body}, "p/")
    assert (good.complete, good.expected, good.delivered, good.left_out) == (True, 2, 2, 1)
    bad = count_bucket("acme", "s3", [object_], {wrong: object_.body}, "p/")
    assert (bad.complete, bad.lost, bad.doubled) == (False, 2, 3)


def test_objects_are_compared_by_their_lines():
    """A copy that lost its last line would pass as delivered."""
    short, key = sent("a"), "acme/demo/etcd/etcd-0/file.json.gz"
    assert count_bucket("acme", "s3", [sent("a", "b")], {key: short.body}, "").lost == 2
    again = LogObject(KEY, gzip.compress(gzip.decompress(sent("a", "b").body), compresslevel=1))
    assert count_bucket("acme", "s3", [sent("a", "b")], {key: again.body}, "").complete


def test_events_of_an_object_lie_in_the_stream_of_its_key():
    """Everything would be called misplaced."""
    assert events_of(sent("a")) == [event("a")]
