"""What a rule's state becomes of matches and of time: pure, so that every interleaving can be tried.

One state is kept for each rule and key. Matches may come twice, in any order, and through two hosts at once; a match is
known by its copy's id. The window is of the lines' own time. Silence and resolution are of the clock, so that an hour's
lines that arrive at once, after an outage, are joined to one notification.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

REMEMBERED: Final = 256
"""Ours: matches that a state keeps, the last to arrive; a repetition of an older one is counted again."""
LATENESS_SECONDS: Final = 300
"""Ours: how much longer than the window a match waits for others that are late."""
REMEMBERED_SECONDS: Final = 3600
"""Ours: how long the ids of a firing alert's matches are kept at least; SQS repeats a message within minutes."""
MAX_PENDING: Final = 4
"""Ours: notifications that wait at once; beyond that, alerts in between are joined to the next."""
CLAIM_SECONDS: Final = 30
"""Ours: for so long nobody else sends what one host has begun to send; a call to a destination ends before."""

Kind = Literal["firing", "resolved"]


@dataclass(frozen=True, slots=True)
class RuleLimits:
    """A rule's numbers: ``count`` matches within ``window_seconds`` fire, then ``silence_seconds`` without another."""

    count: int
    window_seconds: int
    silence_seconds: int

    @property
    def resolve_seconds(self) -> int:
        """How long after the last match it counts as resolved: never while it is silent."""
        return max(self.window_seconds, self.silence_seconds, 60)

    @property
    def kept_seconds(self) -> int:
        """How long a match is remembered after it has arrived."""
        return max(self.window_seconds + LATENESS_SECONDS, REMEMBERED_SECONDS)


@dataclass(frozen=True, slots=True)
class Match:
    """A copy that a rule's predicate holds for. ``id``: 64 bits; ``time_ms``: the line's; ``arrived``: epoch s."""

    id: int
    time_ms: int
    arrived: float = 0.0


@dataclass(frozen=True, slots=True)
class Pending:
    """A notification that isn't sent yet. ``number`` counts a state's notifications, from 1."""

    kind: Kind
    number: int
    decided: float
    matches: int
    first_ms: int
    last_ms: int
    attempts: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class AlertState:
    """What is known of one rule and key.

    :param firing: it fires; :param notified: when the last notification of it was decided (epoch s).
    :param joined: matches since then. :param first_ms, last_ms: of the matches that the alert consists of.
    :param last_arrival: of any match. :param resolved: when it was resolved last: what arrived before counts no more.
    :param numbers: notifications so far. :param claimed_until: until then one host alone sends the first pending one.
    """

    recent: tuple[Match, ...] = ()
    firing: bool = False
    notified: float = 0.0
    joined: int = 0
    first_ms: int = 0
    last_ms: int = 0
    last_arrival: float = 0.0
    resolved: float = 0.0
    numbers: int = 0
    pending: tuple[Pending, ...] = ()
    claimed_until: float = 0.0


def apply(state: AlertState, limits: RuleLimits, matches: Iterable[Match], now: float) -> AlertState:
    """Return the state after some matches arrived; the same object where all of them were known."""
    known = {match.id for match in state.recent}
    new = list({each.id: replace(each, arrived=now) for each in matches if each.id not in known}.values())
    if not new:
        return state
    recent = _kept((*state.recent, *new), limits, now)
    state = replace(tick(state, limits, now), recent=recent, last_arrival=max(now, state.last_arrival))
    if state.firing:
        return _join(state, limits, new, now)
    since = max(state.resolved, now - limits.window_seconds - LATENESS_SECONDS)
    found = _within_window([match for match in recent if match.arrived >= since], new, limits)
    if not found:
        return state
    fired = {match.id for match in found}
    return _added(_fire(state, found, now), [match for match in new if match.id not in fired])


def tick(state: AlertState, limits: RuleLimits, now: float) -> AlertState:
    """Return the state as the clock has it: what hasn't matched for long enough is resolved."""
    if not state.firing or now < state.last_arrival + limits.resolve_seconds:
        return state
    return replace(_notify(state, "resolved", state.joined, now), firing=False, resolved=now)


def due(state: AlertState, limits: RuleLimits) -> float | None:
    """Return when there is something to do without a further match (epoch s); ``None``: never."""
    times = [max(state.pending[0].not_before, state.claimed_until)] if state.pending else []
    if state.firing:
        times.append(state.last_arrival + limits.resolve_seconds)
    return min(times, default=None)


def claim(state: AlertState, now: float) -> AlertState | None:
    """Return the state with its notifications claimed by the caller, who sends them; ``None``: none are free."""
    if not state.pending or now < max(state.claimed_until, state.pending[0].not_before):
        return None
    return replace(state, claimed_until=now + CLAIM_SECONDS)


def sent(state: AlertState, number: int) -> AlertState:
    """Return the state without a notification that has been sent, free for the next one."""
    left = tuple(each for each in state.pending if each.number != number)
    return replace(state, pending=left, claimed_until=0.0)


def failed(state: AlertState, number: int, not_before: float) -> AlertState:
    """Return the state with a notification to be tried again, not before (epoch s)."""
    left = tuple(
        replace(each, attempts=each.attempts + 1, not_before=not_before) if each.number == number else each
        for each in state.pending
    )
    return replace(state, pending=left, claimed_until=0.0)


def match_id(copy_id: str) -> int:
    """Return a copy's id as a number."""
    return int(copy_id, 16)


def notification_id(tenant_id: str, rule: str, key: str, pending: Pending) -> str:
    """Return a notification's id: the same however often it is sent, of 32 hex digits."""
    text = "\n".join((tenant_id, rule, key, pending.kind, str(pending.number), str(pending.decided)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _kept(matches: tuple[Match, ...], limits: RuleLimits, now: float) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.arrived > now - limits.kept_seconds)[-REMEMBERED:]


def _within_window(matches: list[Match], new: list[Match], limits: RuleLimits) -> list[Match]:
    """Return ``count`` matches within a window, at least one of them new; the earliest such, or none."""
    ordered = sorted(matches, key=lambda match: match.time_ms)
    ids = {match.id for match in new}
    for first, last in zip(ordered, ordered[limits.count - 1 :], strict=False):
        if last.time_ms - first.time_ms <= limits.window_seconds * 1000:
            found = [match for match in ordered if first.time_ms <= match.time_ms <= last.time_ms]
            if any(match.id in ids for match in found):
                return found
    return []


def _fire(state: AlertState, found: list[Match], now: float) -> AlertState:
    first, last = found[0].time_ms, found[-1].time_ms
    state = replace(state, firing=True, first_ms=first, last_ms=last)
    return _notify(state, "firing", len(found), now)


def _join(state: AlertState, limits: RuleLimits, new: list[Match], now: float) -> AlertState:
    state = _added(state, new)
    if now < state.notified + limits.silence_seconds:
        return state
    return _notify(state, "firing", state.joined, now)


def _added(state: AlertState, matches: list[Match]) -> AlertState:
    """Return the state of what fires with further matches that belong to it."""
    times = [match.time_ms for match in matches]
    first, last = min([state.first_ms, *times]), max([state.last_ms, *times])
    return replace(state, joined=state.joined + len(matches), first_ms=first, last_ms=last)


def _notify(state: AlertState, kind: Kind, matches: int, now: float) -> AlertState:
    number = state.numbers + 1
    made = Pending(kind, number, now, matches, state.first_ms, state.last_ms)
    pending = _joined((*state.pending, made))
    return replace(state, pending=pending, numbers=number, notified=now, joined=0)


def _joined(pending: tuple[Pending, ...]) -> tuple[Pending, ...]:
    """Join what is too many to what follows; the first stays, which may be under way, and so does the last."""
    if len(pending) <= MAX_PENDING:
        return pending
    first, second, third, *rest = pending
    if second.kind == third.kind:
        return (first, _absorb(third, second), *rest)
    left_out = second if second.kind == "firing" else third
    following = next((index for index, each in enumerate(rest) if each.kind == "firing"), None)
    if following is not None:
        rest[following] = _absorb(rest[following], left_out)
    return (first, *rest)


def _absorb(one: Pending, earlier: Pending) -> Pending:
    return replace(one, matches=one.matches + earlier.matches, first_ms=min(one.first_ms, earlier.first_ms))
