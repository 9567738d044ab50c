"""Alarms on alerts: copies that nobody evaluates, that aren't their sender's, and notifications that were given up."""

from constructs_lib.operator_alarm import Severity, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics import catalogue
from stacks.monitoring_settings import AlarmThresholds
from stacks.service_alarms import AddAlarm
from stacks.watched_path import WatchedPath, of_queue


def add_alert_alarms(add: AddAlarm, path: WatchedPath, limits: AlarmThresholds) -> None:
    """Add them, where the stage has alerts. None of them is about lost logs: copies are sent besides."""
    if path.alert_queue is None or path.alert_dlq is None:
        return
    once, age = Trigger(at_least=1), limits.alert_queue_age
    add(
        "AlertDlqNotEmpty",
        of_queue(path.alert_dlq, "ApproximateNumberOfMessagesVisible", "Maximum"),
        once,
        Severity.TICKET,
        "Copies of lines could not be evaluated for ten hours; their alerts are missing. Check the function's log.",
    )
    add(
        "AlertQueueAge",
        of_queue(path.alert_queue, "ApproximateAgeOfOldestMessage", "Maximum"),
        Trigger(at_least=age.to_seconds(), datapoints=2, periods=2),
        Severity.PAGE,
        "Alerts are late. Check the alert function's errors and throttles. "
        f"The oldest copy is over {age.to_human_string()} old.",
    )
    add(
        "RefusedAlertCopies",
        watched(catalogue.REFUSED_ALERT_COPIES),
        once,
        Severity.TICKET,
        "Copies of lines were dropped: malformed, or not of their sender's cluster or tenant. Check who sends them.",
    )
    add(
        "AlertsGivenUp",
        watched(catalogue.ALERT_NOTIFICATIONS, outcome="dropped"),
        once,
        Severity.TICKET,
        "Notifications were given up after a day of refusals by a tenant's topic or event bus. Tell the customer.",
    )
