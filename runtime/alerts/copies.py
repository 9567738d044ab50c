"""The function's work: a batch of copies (who sent each, what it matches, what has to come again), and the sweep.

The cluster is the one whose writer role sent the message, by SQS' own ``SenderId``; what the body says only has to
agree. A copy that doesn't, or can't be read, is dropped and counted: the line itself went its usual way.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypedDict

from runtime import scheduling
from runtime.alerts.evaluation import Match, match_id
from runtime.alerts.line_copy import LineCopy, MalformedCopyError
from runtime.alerts.observation import AlertMetrics
from runtime.alerts.predicate import LineMatcher
from runtime.alerts.rule import AlertRule, key_digest
from runtime.alerts.states import AlertStates, DueAlert
from runtime.alerts.tenants import AlertTenant, AlertTenants
from runtime.alerts.work import AlertWork
from runtime.delivery_config.tenant_record import ACTIVE
from runtime.errors import DeliveryError
from runtime.logs import without_message
from runtime.time_budget import TimeBudget

SIDE_BY_SIDE: Final = 10
"""Ours: alerts of a batch that are worked at together; a destination that hangs doesn't hold up the others."""
STEP_SECONDS: Final = 45.0
"""Ours: what reading, writing and one notification may take; less left, and the copy comes again."""
logger = logging.getLogger("logrouter.alerts")
type _Place = tuple[str, str, str]


class QueueRecord(TypedDict):
    """A message as Lambda gives it, as far as it is read here."""

    messageId: str
    body: str
    attributes: Mapping[str, str]


@dataclass(slots=True)
class _Alert:
    """What the batch's copies mean for one rule and key. ``messages``: the ids of those it has matches of."""

    rule: AlertRule
    key: dict[str, str]
    matches: list[Match] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class CopyBatches:
    """Shared by all invocations. ``clusters``: by the unique id of their writer role (``AROA…``)."""

    work: AlertWork
    tenants: AlertTenants
    metrics: AlertMetrics
    clusters: Mapping[str, str]
    matcher: LineMatcher = field(default_factory=lambda: LineMatcher(_note_predicate))

    def process(self, records: Iterable[QueueRecord], budget: TimeBudget) -> list[str]:
        """Evaluate a batch; return the ids of the messages that have to come again."""
        alerts: dict[_Place, _Alert] = {}
        again: set[str] = set()
        evaluated = 0
        for record in records:
            try:
                evaluated += self._sort(record, alerts)
            except DeliveryError as error:
                again.add(record["messageId"])
                logger.warning("a copy is evaluated later", extra={"reason": error.reason, "detail": error.detail})
        with scheduling.thread_pool(SIDE_BY_SIDE, "alert") as threads:
            for failed in threads.map(lambda alert: self._step(alert, budget), alerts.values()):
                again |= failed
        self.metrics.copies(evaluated)
        return sorted(again)

    def _sort(self, record: QueueRecord, alerts: dict[_Place, _Alert]) -> bool:
        """Add a copy to each alert that it matches; false: it is refused."""
        copy = self._read(record)
        if copy is None:
            return False
        tenant = self.tenants.find(copy.tenant_id)
        if reason := _refusal(copy, tenant):
            self.metrics.refused(reason, copy.cluster_id)
            return False
        for rule in tenant.rules:
            if self.matcher.matching(rule, [copy]):
                key = rule.key(copy)
                place = (copy.tenant_id, rule.name, key_digest(key))
                alert = alerts.setdefault(place, _Alert(rule, key))
                alert.matches.append(Match(match_id(copy.id), copy.time_ms))
                alert.messages.add(record["messageId"])
        return True

    def _read(self, record: QueueRecord) -> LineCopy | None:
        role_id = record["attributes"].get("SenderId", "").partition(":")[0]
        cluster = self.clusters.get(role_id)
        if cluster is None:
            self.metrics.refused("unknown-sender", "")
            return None
        try:
            copy = LineCopy.parse(record["body"])
        except MalformedCopyError:
            self.metrics.refused("malformed", cluster)
            return None
        if copy.cluster_id != cluster:
            self.metrics.refused("another-cluster", cluster)
            return None
        return copy

    def _step(self, alert: _Alert, budget: TimeBudget) -> set[str]:
        """Work at one alert; return the messages that have to come again."""
        where = {"tenant_id": alert.rule.tenant_id, "rule": alert.rule.name}
        if not budget.allows(STEP_SECONDS):
            return alert.messages
        try:
            self.work.step(alert.rule, alert.key, alert.matches)
        except DeliveryError as error:
            logger.warning("an alert is worked at later", extra={**where, "reason": error.reason})
        except Exception as error:  # noqa: BLE001 - one alert's fault must not repeat or lose the others
            logger.error("an alert failed", extra={**where, **without_message(error)})  # noqa: TRY400 - as above
        else:
            return set()
        return alert.messages


@dataclass(frozen=True, slots=True)
class Sweep:
    """Once a minute: sends what was claimed and not sent, or failed, and resolves what hasn't matched for long enough.

    Shared by all invocations. What one run leaves undone, the next one does.
    """

    states: AlertStates
    work: AlertWork
    tenants: AlertTenants

    def run(self, budget: TimeBudget) -> int:
        """Work at what is due; return at how many alerts.

        :raises DeliveryError: the table doesn't answer.
        """
        due = self.states.due(self.work.clock())
        with scheduling.thread_pool(SIDE_BY_SIDE, "alert") as threads:
            return sum(threads.map(lambda alert: self._step(alert, budget), due))

    def _step(self, alert: DueAlert, budget: TimeBudget) -> bool:
        where = {"tenant_id": alert.tenant_id, "rule": alert.rule}
        if not budget.allows(STEP_SECONDS):
            return False
        try:
            rule = self.tenants.find(alert.tenant_id).rule(alert.rule)
            if rule is None:
                self.states.drop(alert)
            else:
                self.work.step(rule, alert.key)
        except DeliveryError as error:
            logger.warning("an alert is worked at later", extra={**where, "reason": error.reason})
        except Exception as error:  # noqa: BLE001 - one alert's fault must not hold up the others
            logger.error("an alert failed", extra={**where, **without_message(error)})  # noqa: TRY400 - it may quote
        else:
            return True
        return False


def _note_predicate(rule: AlertRule, what: str, lines: int) -> None:
    fields = {"tenant_id": rule.tenant_id, "rule": rule.name, "reason": what, "lines": lines}
    logger.warning("an alert rule's predicate couldn't be asked, or failed", extra=fields)


def _refusal(copy: LineCopy, tenant: AlertTenant) -> str:
    record = tenant.record
    if record is None:
        return ""
    if record.cluster_ids and copy.cluster_id not in record.cluster_ids:
        return "not-the-tenants-cluster"
    return "" if record.state == ACTIVE else f"tenant-{record.state}"
