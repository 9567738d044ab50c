"""What is counted of alerts: copies, those refused, notifications and how late they were."""

from dataclasses import dataclass

from runtime import scheduling
from runtime.alerts.work import AlertNotification, Outcome
from runtime.metrics import catalogue
from runtime.metrics.catalogue import Dimension
from runtime.metrics.lines import MetricLines


@dataclass(frozen=True, slots=True)
class AlertMetrics:
    """Writes metric lines, never any of a line's content. Shared by all threads."""

    lines: MetricLines

    def copies(self, number: int) -> None:
        """Count copies that were evaluated."""
        if number:
            self.lines.write({catalogue.ALERT_COPIES: number}, {}, {})

    def refused(self, reason: str, cluster_id: str) -> None:
        """Count a copy that was dropped, and say whose it was."""
        by = {Dimension.REASON: reason}
        self.lines.write({catalogue.REFUSED_ALERT_COPIES: 1}, by, {"cluster_id": cluster_id})

    def notified(self, notification: AlertNotification, outcome: Outcome, why: str) -> None:
        """Count an attempt at a notification; one that was sent says how long after its last line."""
        pending = notification.pending
        values: dict[catalogue.Metric, float] = {catalogue.ALERT_NOTIFICATIONS: 1}
        if outcome == "sent" and pending.kind == "firing":
            values[catalogue.ALERT_DELAY] = max(0.0, scheduling.now() - pending.last_ms / 1000)
        properties = {
            "tenant_id": notification.rule.tenant_id,
            "rule": notification.rule.name,
            "notification": notification.id,
            "state": pending.kind,
            "attempt": pending.attempts + 1,
            "reason": why,
        }
        self.lines.write(values, {Dimension.OUTCOME: outcome}, properties)
