"""The plan: which events make one PutLogEvents call."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import CorruptObjectError
from runtime.objects.batches import MAX_BATCH_SPAN_MS, BatchLimits, plan
from runtime.objects.events import EventBlock

SMALL = BatchLimits(events=4, bytes=200, span_ms=50)


def blocks(events, cuts=()):
    """Make blocks of (timestamp, size) events; each literal names the event's place."""
    positions = sorted({cut % (len(events) + 1) for cut in cuts} | {0, len(events)})
    for begin, end in pairwise(positions):
        part = events[begin:end]
        names = [b'"%d"' % position for position in range(begin, end)]
        yield EventBlock([timestamp for timestamp, _ in part], names, [size for _, size in part])


def obvious_plan(events, limits):
    """Group event by event, as the contract's sentence says it."""
    batches = []
    for position, (timestamp, size) in enumerate(events):
        times = [events[one][0] for one in batches[-1]] if batches else []
        full = not batches or (
            len(times) + 1 > limits.events
            or sum(events[one][1] + 26 for one in batches[-1]) + size + 26 > limits.bytes
            or max([*times, timestamp]) - min([*times, timestamp]) > limits.span_ms
        )
        if full:
            batches.append([])
        batches[-1].append(position)
    return [sorted(batch, key=lambda position: events[position][0]) for batch in batches]


EVENTS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 174)), max_size=25)


@given(EVENTS, st.lists(st.integers(0, 100), max_size=5))
def test_the_plan_is_the_contracts_wherever_blocks_end(events, cuts):
    """A batch would break a limit, reorder events of one time, or depend on how the object arrived."""
    batches = list(plan(blocks(events, cuts), SMALL))
    assert [[int(literal[1:-1]) for literal in batch.literals] for batch in batches] == obvious_plan(events, SMALL)
    assert [batch.index for batch in batches] == list(range(len(batches)))
    for batch in batches:
        positions = [int(literal[1:-1]) for literal in batch.literals]
        assert list(zip(batch.timestamps, batch.sizes, strict=True)) == [events[position] for position in positions]


@pytest.mark.parametrize(
    ("events", "sizes"),
    [
        ([(1, 1)] * 10_001, [10_000, 1]),
        ([(1, 1_048_550)], [1]),
        ([(1, 1_048_524), (1, 0)], [2]),
        ([(1, 1_048_525), (1, 0)], [1, 1]),
        ([(0, 1), (MAX_BATCH_SPAN_MS, 1)], [2]),
        ([(0, 1), (MAX_BATCH_SPAN_MS + 1, 1)], [1, 1]),
        ([(MAX_BATCH_SPAN_MS + 1, 1), (0, 1)], [1, 1]),
        ([], []),
    ],
)
def test_a_batch_closes_just_before_a_limit_of_the_service_breaks(events, sizes):
    """CloudWatch would refuse a whole batch, or batches would be smaller than they may be."""
    assert [len(batch) for batch in plan(blocks(events))] == sizes


def failing(events, error):
    yield from blocks(events)
    raise error


def test_the_last_batch_before_a_defect_is_planned():
    """The last events before a cut would be lost."""
    batches = plan(failing([(1, 1)], CorruptObjectError("cut-gzip")))
    assert len(next(batches)) == 1
    with pytest.raises(CorruptObjectError):
        next(batches)


def test_an_interrupted_read_plans_no_batch_that_a_retry_would_not():
    """The checkpoint would count a batch that is longer on the next attempt: its other events would be lost."""
    with pytest.raises(ConnectionError):
        next(plan(failing([(1, 1)], ConnectionError())))
