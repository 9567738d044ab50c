"""What is watched of alerts: copies that wait or aren't their sender's, notifications and their delay."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from constructs_lib.operator_alarm import Severity, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics import catalogue
from stacks.graphs import graph
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


def alert_graphs(queue: sqs.IQueue) -> list[cloudwatch.GraphWidget]:
    """Return the dashboard's row."""
    copies = [
        watched(catalogue.ALERT_COPIES, label="evaluated"),
        watched(catalogue.REFUSED_ALERT_COPIES, label="dropped"),
    ]
    age = of_queue(queue, "ApproximateAgeOfOldestMessage", "Maximum", "alerts")
    outcomes = ("sent", "failed", "dropped")
    sent = [watched(catalogue.ALERT_NOTIFICATIONS, outcome=outcome, label=outcome) for outcome in outcomes]
    delay = [watched(catalogue.ALERT_DELAY, statistic, label=statistic) for statistic in ("p50", "p99")]
    return [
        graph("Copies of marked lines", copies, of=4),
        graph("Age of the oldest copy, seconds", [age], of=4),
        graph("Notifications, by outcome", sent, of=4),
        graph("From line to notification, seconds", delay, of=4),
    ]
