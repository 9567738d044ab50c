"""Rules, lines and a table of states in memory, for tests of alerts."""

from contextlib import suppress
from dataclasses import dataclass, field

from runtime.alerts.evaluation import AlertState, Match
from runtime.alerts.line_copy import LineCopy
from runtime.alerts.rule import AlertRule, key_digest
from runtime.alerts.work import AlertWork, StoredState
from runtime.errors import BlockedByCustomerError, RetryableError

ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
TOPIC = "arn:aws:sns:us-east-1:222222222222:alerts"
NOTICE = {"method": "sns", "log_distribution_role_arn": ROLE, "topic_arn": TOPIC}
KEY = {"application": "etcd", "cluster_id": "c1"}


def a_rule(**fields):
    """Return a rule of acme-corp's that errors fire."""
    given = {"tenant_id": "acme-corp", "name": "errors", "level": "error", "notify": NOTICE}
    return AlertRule.model_validate(given | fields)


def a_line(message="E1 it failed", **fields):
    """Return the copy of a line."""
    given = {
        "id": "00000000000000aa",
        "tenant_id": "acme-corp",
        "cluster_id": "c1",
        "application": "etcd",
        "pod_name": "etcd-0",
        "time_ms": 1_764_500_000_000,
        "level": "error",
        "message": message,
    }
    return LineCopy(**given | fields)


class CrashError(Exception):
    """The host was killed here."""


@dataclass
class MemoryStates:
    """The states as the table keeps them. ``before``: called ahead of each call, and may raise or do other work."""

    before: object = lambda _call: None
    items: dict = field(default_factory=dict)

    def read(self, rule, key):
        """Return a state as it is now."""
        self.before("read")
        state, version = self.items.get((rule.name, key_digest(key)), (AlertState(), None))
        return StoredState(state, key, version)

    def write(self, rule, stored, state):
        """Write a state if it is still what was read."""
        self.before("write")
        place = (rule.name, key_digest(stored.key))
        if self.items.get(place, (None, None))[1] != stored.version:
            return None
        version = (stored.version or 0) + 1
        self.items[place] = (state, version)
        return StoredState(state, stored.key, version)


class Scene:
    """Hosts that work at one alert's state, and the customer who is notified."""

    def __init__(self, rule, *, before=lambda _call: None, fails=lambda: None):
        self.rule, self.now = rule, 1000.0
        self.states = MemoryStates(before)
        self.received, self.outcomes = [], []
        self._before, self._fails = before, fails
        self.work = AlertWork(self.states, self._notify, self._observe, self.clock)

    def _observe(self, _, outcome, why):
        self.outcomes.append((outcome, why))

    def clock(self):
        """Return the time."""
        return self.now

    def _notify(self, notification):
        self._before("notify")
        self._fails()
        self.received.append(notification)

    def step(self, *matches):
        """Let a host work at these (id, seconds) matches."""
        self.work.step(self.rule, KEY, [Match(id_, int(at * 1000)) for id_, at in matches])

    def settle(self):
        """Let the sweep come often enough, later and later, with nothing failing any more."""
        for _ in range(40):
            self.now += 31
            with suppress(RetryableError, BlockedByCustomerError):
                self.step()

    def firings(self):
        """Return the ids of the firing notifications that were received."""
        return [each.id for each in self.received if each.pending.kind == "firing"]
