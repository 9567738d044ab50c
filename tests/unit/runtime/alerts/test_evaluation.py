"""What a state becomes of matches and of time."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.alerts.evaluation import (
    MAX_PENDING,
    REMEMBERED,
    AlertState,
    Match,
    RuleLimits,
    apply,
    claim,
    due,
    failed,
    notification_id,
    sent,
    tick,
)

LIMITS = RuleLimits(count=3, window_seconds=60, silence_seconds=300)
TIMES = st.lists(st.integers(0, 300), min_size=1, max_size=12)


def matches(*seconds):
    """Return matches of these times, with ids of their own."""
    return [Match(number, at * 1000) for number, at in enumerate(seconds, 1)]


def fires(times, count, window):
    """Whether some ``count`` of these times lie within the window: the definition, tried out."""
    ordered = sorted(times)
    return any(last - first <= window for first, last in zip(ordered, ordered[count - 1 :], strict=False))


@given(TIMES, st.integers(1, 4), st.integers(10, 100), st.data())
def test_it_fires_once_if_enough_lie_within_the_window_in_whatever_order(times, count, window, data):
    """An alert would depend on which of two hosts was faster, or on what a queue delivered twice."""
    limits = RuleLimits(count, window, 3600)
    arriving = data.draw(st.permutations(matches(*times) * 2))
    state = AlertState()
    for number, match in enumerate(arriving):
        state = apply(state, limits, [match], 1000.0 + number)
    assert [each.kind for each in state.pending] == ["firing"] * fires(times, count, window)


@given(TIMES, st.integers(1, 4), st.data())
def test_a_batch_is_as_its_matches_one_by_one(times, count, data):
    """A full queue would fire other alerts than an empty one."""
    limits = RuleLimits(count, 60, 3600)
    all_ = matches(*times)
    cut = data.draw(st.integers(0, len(all_)))
    whole = apply(AlertState(), limits, all_, 1000.0)
    parts = apply(apply(AlertState(), limits, all_[:cut], 1000.0), limits, all_[cut:], 1000.0)
    assert whole.firing == parts.firing
    assert len(whole.pending) == len(parts.pending)


@given(TIMES, st.data())
def test_each_line_is_counted_once_however_they_come(times, data):
    """A customer would be told of one line where a burst came with it, or of more than there were."""
    limits, state = RuleLimits(1, 60, 3600), AlertState()
    left = data.draw(st.permutations(matches(*times)))
    while left:
        size = data.draw(st.integers(1, len(left)))
        state, left = apply(state, limits, left[:size], 1000.0), left[size:]
    assert state.pending[0].matches + state.joined == len(times)
    assert (state.first_ms, state.last_ms) == (min(times) * 1000, max(times) * 1000)


def test_a_known_match_changes_nothing():
    """Each repetition by the queue would cost a write, and count twice."""
    state = apply(AlertState(), LIMITS, matches(1, 2), 1000.0)
    assert apply(state, LIMITS, matches(1, 2), 1010.0) is state


def test_matches_are_joined_while_it_is_silent_and_counted_after():
    """A customer would be notified of each line, or never again."""
    state = apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0)
    state = apply(state, LIMITS, [Match(10, 4000), Match(11, 5000)], 1299.0)
    assert len(state.pending) == 1
    state = apply(state, LIMITS, [Match(12, 9000)], 1300.0)
    assert [(each.kind, each.matches, each.last_ms) for each in state.pending] == [
        ("firing", 3, 3000),
        ("firing", 3, 9000),
    ]


def test_it_is_resolved_when_nothing_has_matched_for_long_enough():
    """An alert would never end, or end while it is silent."""
    state = apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0)
    assert due(sent(state, 1), LIMITS) == 1300.0
    assert tick(state, LIMITS, 1299.9) is state
    state = tick(state, LIMITS, 1300.0)
    assert [each.kind for each in state.pending] == ["firing", "resolved"]
    assert not state.firing
    assert due(sent(sent(state, 1), 2), LIMITS) is None


def test_what_was_resolved_counts_no_more():
    """One more line after an alert's end would fire it again, with lines that it has notified of already."""
    state = tick(apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0), LIMITS, 1300.0)
    state = apply(state, LIMITS, [Match(10, 4000)], 1301.0)
    assert not state.firing
    state = apply(state, LIMITS, [Match(11, 5000), Match(12, 6000)], 1302.0)
    assert [each.kind for each in state.pending] == ["firing", "resolved", "firing"]


def test_a_repetition_after_the_end_fires_nothing():
    """A message that the queue repeats late would be an alert of its own."""
    one = RuleLimits(1, 60, 60)
    state = tick(apply(AlertState(), one, matches(1), 1000.0), one, 1100.0)
    assert apply(state, one, matches(1), 1101.0) is state


def test_a_line_that_is_late_fires_by_its_own_time():
    """The lines of a node that was cut off for an hour would never be notified of."""
    state = apply(AlertState(), LIMITS, matches(9000), 1000.0)
    state = apply(state, LIMITS, [Match(7, 1000), Match(8, 2000), Match(9, 3000)], 1001.0)
    assert state.firing
    assert (state.first_ms, state.last_ms) == (1000, 3000)


def test_what_waits_for_others_is_forgotten_in_the_end():
    """A state would grow for ever."""
    state = apply(AlertState(), LIMITS, matches(*range(0, 100_000, 100)), 1000.0)
    assert len(state.recent) == REMEMBERED
    assert apply(state, LIMITS, [Match(5000, 0)], 1000.0 + LIMITS.kept_seconds).recent == (Match(5000, 0, 4600.0),)


def test_two_hosts_never_send_the_same_at_once():
    """Each notification would come as often as hosts look at it."""
    state = claim(apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0), 1000.0)
    assert state is not None
    assert claim(state, 1029.0) is None
    assert claim(state, 1030.0) is not None
    assert due(state, LIMITS) == 1030.0
    assert claim(sent(state, 1), 1000.0) is None
    later = failed(state, 1, 1010.0)
    assert claim(later, 1009.0) is None
    assert claim(later, 1010.0).pending[0].attempts == 1


@given(st.lists(st.sampled_from(["match", "end"]), max_size=30))
def test_notifications_that_wait_are_joined_and_none_is_forgotten(steps):
    """Behind a topic that is down for a day an alert would be lost, or the state would grow without a bound."""
    limits, now, state, total, ids = RuleLimits(1, 60, 60), 1000.0, AlertState(), 0, iter(range(1, 100))
    for step in steps:
        now += 61.0
        if step == "match":
            state, total = apply(state, limits, [Match(next(ids), int(now * 1000))], now), total + 1
        else:
            state = tick(state, limits, now)
    kinds = [each.kind for each in state.pending]
    assert len(kinds) <= MAX_PENDING
    assert sum(each.matches for each in state.pending if each.kind == "firing") == total
    assert (kinds[-1:] == ["firing"]) == state.firing


def test_a_notification_has_the_same_id_on_every_attempt():
    """A receiver couldn't join what was sent twice."""
    (one,) = apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0).pending
    (again,) = failed(apply(AlertState(), LIMITS, matches(1, 2, 3), 1000.0), 1, 2000.0).pending
    (other,) = apply(AlertState(), LIMITS, matches(1, 2, 3), 2000.0).pending
    ids = [notification_id("acme-corp", "errors", "k", each) for each in (one, again, other)]
    assert ids[0] == ids[1] != ids[2]
