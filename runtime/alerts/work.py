"""One rule and key at a time: read the state, apply what is new, write it, send what is due (contract §13).

A state is written before anything is sent, and only as it was read: of two hosts at once one decides again. What was
decided and not sent is found by the sweep, so a queue's message is done with as soon as the state is written.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from runtime.alerts.evaluation import AlertState, Match, Pending, apply, claim, failed, notification_id, sent, tick
from runtime.alerts.rule import AlertRule, key_digest
from runtime.errors import DeliveryError, RetryableError

ATTEMPTS: Final = 20
"""Of writes of one state that meet others; at most as many hosts work at it at once as the function may have."""
DELAYS: Final = (10.0, 30.0, 60.0, 300.0, 900.0)
"""Ours, s: between the attempts at one notification; the last one repeats."""
GIVEN_UP_SECONDS: Final = 24 * 60 * 60
"""Ours: after that a notification is no news any more. It is dropped, counted and alarmed."""
Outcome = Literal["sent", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as the table has it. ``version``: what a write of it expects; ``None``: there is none yet."""

    state: AlertState
    key: dict[str, str]
    version: int | None = None


class States(Protocol):
    """The states, wherever they are kept. Both raise ``DeliveryError`` where the table doesn't answer."""

    def read(self, rule: AlertRule, key: dict[str, str]) -> StoredState:
        """Return a state as it is now."""

    def write(self, rule: AlertRule, stored: StoredState, state: AlertState) -> StoredState | None:
        """Write a state in place of what was read; ``None``: it isn't that any more."""


@dataclass(frozen=True, slots=True)
class AlertNotification:
    """What a customer is notified of. ``id``: the same however often it is sent."""

    id: str
    rule: AlertRule
    key: dict[str, str]
    pending: Pending


@dataclass(frozen=True, slots=True)
class AlertWork:
    """Shared by all threads.

    :param notify: sends one; raises ``DeliveryError``. :param observe: what became of an attempt, and why.
    :param clock: epoch s.
    """

    states: States
    notify: Callable[[AlertNotification], None]
    observe: Callable[[AlertNotification, Outcome, str], None]
    clock: Callable[[], float] = time.time

    def step(self, rule: AlertRule, key: dict[str, str], matches: Iterable[Match] = ()) -> None:
        """Apply matches, or none and the time alone, and send what is due.

        :raises DeliveryError: the table doesn't answer, or too many work at this state; a repetition loses nothing.
        """
        new, limits = tuple(matches), rule.limits
        claimed = self._change(rule, key, lambda state, now: tick(apply(state, limits, new, now), limits, now))
        while claimed is not None:
            claimed = self._send(rule, claimed)

    def _send(self, rule: AlertRule, claimed: StoredState) -> StoredState | None:
        """Send the first pending notification; return the state with the next one claimed, if there is."""
        pending = claimed.state.pending[0]
        id_ = notification_id(rule.tenant_id, rule.name, key_digest(claimed.key), pending)
        notification = AlertNotification(id_, rule, claimed.key, pending)
        try:
            self.notify(notification)
        except DeliveryError as error:
            now = self.clock()
            if now < pending.decided + GIVEN_UP_SECONDS:
                self.observe(notification, "failed", error.reason)
                not_before = now + DELAYS[min(pending.attempts, len(DELAYS) - 1)]
                return self._change(rule, claimed.key, lambda state, _: failed(state, pending.number, not_before))
            self.observe(notification, "dropped", error.reason)
        else:
            self.observe(notification, "sent", pending.kind)
        return self._change(rule, claimed.key, lambda state, _: sent(state, pending.number))

    def _change(
        self, rule: AlertRule, key: dict[str, str], change: Callable[[AlertState, float], AlertState]
    ) -> StoredState | None:
        """Change a state as it is now; return it where a notification of it is now this caller's to send."""
        for _ in range(ATTEMPTS):
            stored, now = self.states.read(rule, key), self.clock()
            changed = change(stored.state, now)
            claimed = claim(changed, now)
            if claimed is None and changed == stored.state:
                return None
            written = self.states.write(rule, stored, claimed or changed)
            if written is not None:
                return written if claimed else None
        raise RetryableError("alert-state-contended", "too many hosts change one alert's state at once")
