"""What is taken out of a batch when it is sent."""

import pytest

from runtime.deliveries.cloudwatch.filtering import NEWEST_MS, OLDEST_MS, filter_events
from tests.unit.runtime.deliveries.cloudwatch.doubles import NOW_MS, batch


def test_a_batch_without_any_refusal_stays_the_same_object():
    """Siblings would each encode the batch again."""
    plain = batch(0, (-OLDEST_MS, "a"), (NEWEST_MS, "b"))
    assert filter_events(plain, NOW_MS).sendable is plain


@pytest.mark.parametrize(("offset", "reason"), [(-OLDEST_MS - 1, "too-old"), (NEWEST_MS + 1, "too-new")])
def test_a_millisecond_beyond_the_limit_is_taken_out(offset, reason):
    """CloudWatch would reject it after the fact, or an event within the limits would be kept back."""
    taken = filter_events(batch(3, *sorted([(offset, "x"), (0, "a")])), NOW_MS)
    assert [(one.reason, len(one.positions)) for one in taken.refused] == [(reason, 1)]
    assert (taken.sendable.index, taken.sendable.literals, taken.empty) == (3, [b'"a"'], 0)


def test_an_empty_event_is_left_out_whatever_its_time():
    """An empty event would be set aside although nothing of it can be kept, or counted twice."""
    taken = filter_events(batch(0, (-OLDEST_MS - 1, ""), (0, ""), (1, "a")), NOW_MS)
    assert (len(taken.sendable), list(taken.refused), taken.empty) == (1, [], 2)


def test_only_empty_events_are_left_out_of_a_batch_of_usable_times():
    """An event's message would leave with its neighbour's time."""
    taken = filter_events(batch(5, (0, ""), (1, "a"), (2, ""), (3, "bc")), NOW_MS)
    kept = taken.sendable
    assert (kept.index, kept.literals, kept.sizes, taken.empty) == (5, [b'"a"', b'"bc"'], [1, 2], 2)
    assert [time - kept.timestamps[0] for time in kept.timestamps] == [0, 2]
