"""What Vector would drop silently is found beforehand, and the request body it gets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.cloudwatch.vector import limits
from runtime.objects.batches import Batch

NOW = 1_795_000_000_000
DAY = 86_400_000
MINUTE = 60_000


def batch_at(*timestamps: int) -> Batch:
    return Batch(0, list(timestamps), [b'"x"'] * len(timestamps), [1] * len(timestamps))


def refused(batch: Batch, retention_ms: int | None = None) -> tuple[range, dict[str, range]]:
    positions, rejections = limits.refused(batch, NOW, retention_ms)
    return positions, {rejection.reason: rejection.positions for rejection in rejections}


def test_events_inside_vector_s_window_are_posted():
    """Broken: good events would be set aside."""
    assert refused(batch_at(NOW - 13 * DAY, NOW, NOW + 100 * MINUTE)) == (range(3), {})


def test_events_that_cloudwatch_takes_but_vector_s_sink_drops_are_rejected():
    """Broken: Vector answers 200 for events between 14 days less five minutes and 14 days, and they are gone."""
    batch = batch_at(NOW - 14 * DAY + 4 * MINUTE, NOW, NOW + 120 * MINUTE)
    assert refused(batch) == (range(1, 2), {"too-old": range(1), "too-new": range(2, 3)})


def test_events_older_than_the_group_s_retention_are_rejected():
    """Broken: CloudWatch would report them as expired, Vector would not look, and nobody would know."""
    batch = batch_at(NOW - 20 * DAY, NOW - 4 * DAY, NOW - 3 * DAY + 5 * MINUTE, NOW - 2 * DAY)
    assert refused(batch, 3 * DAY) == (range(3, 4), {"too-old": range(1), "expired": range(1, 3)})


@pytest.mark.parametrize("timestamps", [(NOW - 30 * DAY,), (NOW + 10 * DAY,), (NOW - 30 * DAY, NOW + 10 * DAY)])
def test_nothing_left_is_an_empty_range(timestamps):
    """Broken: an empty request would be posted, or a refused event sent after all."""
    positions, rejected = refused(batch_at(*timestamps))
    assert not positions
    assert sum(len(part) for part in rejected.values()) == len(timestamps)


@given(st.lists(st.integers(NOW - 20 * DAY, NOW + DAY)).map(sorted), st.none() | st.integers(DAY, 30 * DAY))
def test_every_event_is_posted_or_rejected_once(timestamps, retention_ms):
    """Broken: an event would be both sent and set aside, or neither."""
    positions, rejections = limits.refused(batch_at(*timestamps), NOW, retention_ms)
    seen = sorted([*positions, *(position for rejection in rejections for position in rejection.positions)])
    assert seen == list(range(len(timestamps)))


def test_the_retention_is_asked_for_only_where_it_could_matter():
    """Broken: a Describe call in the customer's account for every delivery."""
    assert not limits.needs_retention(batch_at(NOW - DAY // 2, NOW), NOW)
    assert limits.needs_retention(batch_at(NOW - 2 * DAY, NOW), NOW)
    assert not limits.needs_retention(batch_at(), NOW)


def test_the_body_copies_the_literal_as_it_is():
    """Broken: messages would be decoded and encoded again on the way, and change."""
    batch = Batch(0, [1, 2], [rb'"a\u00e9\/\n"', '"é"'.encode()], [5, 2])
    assert limits.body(batch, range(2)) == (
        rb'{"timestamp":1,"message":"a\u00e9\/\n"}' + b"\n" + '{"timestamp":2,"message":"é"}\n'.encode()
    )


def test_only_the_positions_asked_for_are_in_the_body():
    """Broken: a rejected event would be sent all the same."""
    assert limits.body(batch_at(1, 2, 3), range(1, 2)) == b'{"timestamp":2,"message":"x"}\n'


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
@pytest.mark.parametrize("size", [limits.MAX_MESSAGE_BYTES, limits.MAX_MESSAGE_BYTES + 1, 1_048_550])
def test_a_message_longer_than_the_sink_takes_is_cut_between_characters(character, size):
    """Broken: Vector drops a message of 1,048,500 to 1,048,550 bytes and answers 200; or a character is torn."""
    width = len(character.encode())
    text = "a" * (size % width) + character * (size // width)
    batch = Batch(0, [7], [json.dumps(text).encode()], [size])
    events = [json.loads(line) for line in limits.body(batch, range(1)).splitlines()]
    assert "".join(event["message"] for event in events) == text
    assert {event["timestamp"] for event in events} == {7}
    assert all(len(event["message"].encode()) <= limits.MAX_MESSAGE_BYTES for event in events)
    assert len(events) == (1 if size <= limits.MAX_MESSAGE_BYTES else 2)
