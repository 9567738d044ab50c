"""What rules would have fired over lines that are stored: the same evaluation, by the lines' own clock.

Each line arrives when it was printed, and a notification is sent when it is decided.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from runtime.alerts.evaluation import AlertState, Match, Pending, apply, due, match_id, sent, tick
from runtime.alerts.line_copy import LineCopy
from runtime.alerts.predicate import LineMatcher
from runtime.alerts.ready_made import READY_MADE
from runtime.alerts.rule import AlertRule, key_digest

MAX_MATCHES: Final = 100_000
"""Ours, of one trial, all rules together."""
MAX_NOTIFICATIONS: Final = 500
"""Ours, of one trial; further ones are counted."""
MAX_SAMPLE: Final = 500
"""Ours, characters of the line that is shown with a notification."""


@dataclass(frozen=True, slots=True)
class TriedNotification:
    """A notification that would have been made. ``sample``: the beginning of the last line before it."""

    rule: str
    key: dict[str, str]
    pending: Pending
    sample: str


@dataclass(slots=True)
class RuleTrial:
    """Collects what rules match, in any order, and then says what would have fired.

    :param lines: that were looked at. :param marked: of these, what the agent would have sent copies of.
    :param matches: by rule. :param left_out: notifications that were too many to be kept.
    """

    rules: Sequence[AlertRule]
    matcher: LineMatcher
    lines: int = 0
    marked: int = 0
    matches: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    _found: list[tuple[AlertRule, LineCopy]] = field(default_factory=list)

    def add(self, lines: Sequence[LineCopy]) -> bool:
        """Look at some lines; false: there is no more room. Raises as ``LineMatcher.matching``."""
        self.lines += len(lines)
        copies = [line for line in lines if is_marked(line)]
        self.marked += len(copies)
        for rule in self.rules:
            found = self.matcher.matching(rule, copies)
            self.matches[rule.name] += len(found)
            self._found += [(rule, line) for line in found]
        return len(self._found) < MAX_MATCHES

    def notifications(self, until: float) -> list[TriedNotification]:
        """Return what would have been sent by then (epoch s), in the order of time."""
        alerts: dict[tuple[str, str], _Alert] = {}
        made: list[TriedNotification] = []
        for rule, line in sorted(self._found, key=lambda each: each[1].time_ms):
            key = rule.key(line)
            alert = alerts.setdefault((rule.name, key_digest(key)), _Alert(rule, key))
            made += alert.match(line)
        for alert in alerts.values():
            made += alert.pass_time(until)
        self.left_out = max(0, len(made) - MAX_NOTIFICATIONS)
        return sorted(made, key=lambda each: each.pending.decided)[:MAX_NOTIFICATIONS]


def is_marked(line: LineCopy) -> bool:
    """Whether the agent sends a copy of a line: level error and above, and what a ready-made rule looks for."""
    return line.is_at_least("error") or any(rule.matches(line.message) for rule in READY_MADE.values())


@dataclass(slots=True)
class _Alert:
    rule: AlertRule
    key: dict[str, str]
    state: AlertState = field(default_factory=AlertState)
    sample: str = ""

    def match(self, line: LineCopy) -> list[TriedNotification]:
        at = line.time_ms / 1000
        made = self.pass_time(at)
        self.sample = line.message[:MAX_SAMPLE]
        found = [Match(match_id(line.id), line.time_ms)]
        return made + self._changed(apply(self.state, self.rule.limits, found, at))

    def pass_time(self, at: float) -> list[TriedNotification]:
        """Do what is due by then: an alert is resolved when it is, not with the next line."""
        when = due(self.state, self.rule.limits)
        return [] if when is None or when > at else self._changed(tick(self.state, self.rule.limits, when))

    def _changed(self, state: AlertState) -> list[TriedNotification]:
        pending = state.pending
        for each in pending:
            state = sent(state, each.number)
        self.state = state
        return [TriedNotification(self.rule.name, self.key, each, self.sample) for each in pending]
