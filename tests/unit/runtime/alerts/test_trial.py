"""What rules would have fired over stored lines, by the lines' own clock."""

from runtime.alerts.predicate import LineMatcher
from runtime.alerts.trial import MAX_NOTIFICATIONS, RuleTrial, is_marked
from tests.unit.runtime.alerts.alert_scene import a_line, a_rule

START = 1_764_500_000


def line(second, **fields):
    """Return an error line, so many seconds after the start."""
    return a_line(id=f"{second:016x}", time_ms=(START + second) * 1000, **fields)


def tried(lines, *rules, until=10_000):
    trial = RuleTrial(rules, LineMatcher(lambda *_: None))
    trial.add(lines)
    return trial, trial.notifications(START + until)


def shown(notifications):
    return [
        (each.rule, each.pending.kind, each.pending.decided - START, each.pending.matches) for each in notifications
    ]


def test_what_fires_is_resolved_when_it_is_over_and_fires_again():
    """A tenant would see one long alert, or alerts at times at which nobody would have been notified."""
    rule = a_rule(count=2, window_seconds=60, silence_seconds=120)
    _, found = tried([line(second) for second in (0, 10, 20, 30, 1000, 1010)], rule)
    assert shown(found) == [
        ("errors", "firing", 10, 2),
        ("errors", "resolved", 150, 2),
        ("errors", "firing", 1010, 2),
        ("errors", "resolved", 1130, 0),
    ]


def test_lines_are_taken_in_the_order_of_time_whatever_object_they_are_in():
    """Two pods' objects that overlap would fire otherwise than their lines did."""
    rule = a_rule(count=2, window_seconds=10)
    seconds = (0, 100, 200, 5, 105)
    (_, forth), (_, sorted_) = tried(map_lines(seconds), rule), tried(map_lines(sorted(seconds)), rule)
    assert shown(forth) == shown(sorted_)
    assert [at for _, kind, at, _ in shown(forth) if kind == "firing"] == [5]


def map_lines(seconds):
    return [line(second) for second in seconds]


def test_what_has_not_ended_yet_is_not_resolved():
    """An alert that goes on would be shown as over."""
    _, found = tried([line(0)], a_rule(), until=100)
    assert [kind for _, kind, _, _ in shown(found)] == ["firing"]


def test_only_lines_that_the_agent_copies_count():
    """A rule would seem to fire that never gets a line to see."""
    rule = a_rule(level=None, contains=["failed"])
    trial, found = tried([line(0, level="info"), line(1, level="", message="E1 failed")], rule)
    assert (trial.lines, trial.marked, found) == (2, 0, [])
    assert is_marked(a_line("etcdserver: no leader", level="info"))
    assert not is_marked(a_line(level="warning"))


def test_each_rule_and_key_is_an_alert_of_its_own():
    """Two clusters' lines would be one alert."""
    lines = [line(0), line(1, cluster_id="c2")]
    trial, found = tried(lines, a_rule(), a_rule(name="both", join_by=[]))
    assert dict(trial.matches) == {"errors": 2, "both": 2}
    firing = [(each.rule, each.key.get("cluster_id")) for each in found if each.pending.kind == "firing"]
    assert firing == [("errors", "c1"), ("both", None), ("errors", "c2")]
    assert found[0].sample == "E1 it failed"


def test_too_many_notifications_are_counted():
    """An answer could be too large to be given at all."""
    trial, found = tried(
        [line(second * 100, pod_name=f"p{second}") for second in range(300)], a_rule(join_by=["pod_name"]), until=10**6
    )
    assert (len(found), trial.left_out) == (MAX_NOTIFICATIONS, 100)
