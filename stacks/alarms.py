"""A Region's alarms, along the data's path. Each has one runbook in docs/operations.md, under its own name."""

import re
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.alarm_topics import AlarmTopics, Severity
from constructs_lib.operator_alarm import Absent, OperatorAlarm, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics import catalogue
from stacks.monitoring_settings import AlarmThresholds
from stacks.watched_path import WatchedPath, of_function, of_queue, of_table, timeout_of

PAGE, TICKET = Severity.PAGE, Severity.TICKET
ONCE: Final = Trigger(at_least=1)
LASTING: Final = 3
"""Periods of five minutes: what passes by itself within them is nobody's business."""


class Alarms(Construct):
    """All alarms of one Region; in ``all`` those come last of which there are more with each cluster.

    :param runbooks: the document with the runbooks.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        path: WatchedPath,
        thresholds: AlarmThresholds,
        topics: AlarmTopics,
        runbooks: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.all: list[cloudwatch.Alarm] = []
        self._path = path
        self._thresholds = thresholds
        self._topics = topics
        self._runbooks = runbooks
        self._queues()
        self._deliveries()
        self._destinations()
        self._functions()
        self._tables()
        self._api()
        self._agents()

    def _add(
        self, name: str, metric: cloudwatch.IMetric, trigger: Trigger, severity: Severity, says: str, *, of: str = ""
    ) -> None:
        """Add one. ``name`` is its runbook's section; ``of`` tells apart those that share it."""
        made = OperatorAlarm(
            self,
            f"{name}{of}",
            metric=metric,
            trigger=trigger,
            severity=severity,
            says=says,
            runbook=f"{self._runbooks}#{section(name)}",
            topics=self._topics,
        )
        self.all.append(made.alarm)

    def _agents(self) -> None:
        limits = self._thresholds
        full = _lasting(limits.buffer_bytes * limits.buffer_share)
        silence = limits.cluster_silence_periods
        silent = Trigger(at_least=1, below=True, absent=Absent.BAD, bad_periods=silence, periods=silence)
        for cluster in self._path.clusters:
            here, of = {"cluster": cluster}, f"-{cluster}"
            self._add(
                "SilentCluster",
                watched(catalogue.AGENT_SENT_EVENTS, **here),
                silent,
                PAGE,
                f"No agent of cluster {cluster} has written an event to the central bucket for {5 * silence} minutes.",
                of=of,
            )
            self._add(
                "AgentDiscards",
                watched(catalogue.AGENT_DISCARDED_EVENTS, **here),
                ONCE,
                PAGE,
                f"An agent of cluster {cluster} has dropped events: they are lost.",
                of=of,
            )
            self._add(
                "AgentBuffer",
                watched(catalogue.AGENT_BUFFER_BYTES, "Maximum", **here),
                full,
                PAGE,
                f"The disk buffer of a node of cluster {cluster} is filling: its agent can't write to the bucket.",
                of=of,
            )

    def _queues(self) -> None:
        path, limits = self._path, self._thresholds
        self._not_empty(
            "UndeliveredNotifications", path.undelivered_notifications, "SNS could not reach the object queue"
        )
        self._not_empty("ObjectDlqNotEmpty", path.object_dlq, "Objects, or messages about them, could not be worked on")
        self._not_empty("DeliveryDlqNotEmpty", path.delivery_dlq, "Deliveries could be neither handed over nor parked")
        ages = (
            ("ObjectQueueAge", path.object_queue, limits.object_queue_age, "New objects wait too long to be delivered"),
            (
                "DeliveryQueueAge",
                path.delivery_queue,
                limits.delivery_queue_age,
                "Nobody works on handed-over deliveries",
            ),
        )
        for name, queue, age, says in ages:
            self._add(
                name,
                of_queue(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
                Trigger(at_least=age.to_seconds(), bad_periods=2, periods=2),
                PAGE,
                f"{says}: the oldest is older than {age.to_human_string()}.",
            )

    def _not_empty(self, name: str, queue: sqs.IQueue, says: str) -> None:
        metric = of_queue(queue, "ApproximateNumberOfMessagesVisible", "Maximum")
        self._add(name, metric, ONCE, PAGE, f"{says}: they wait in a dead-letter queue, 14 days at most.")

    def _deliveries(self) -> None:
        limits = self._thresholds
        self._add(
            "CentralAccessDenied",
            watched(catalogue.CENTRAL_ACCESS_DENIED),
            ONCE,
            PAGE,
            "One of our own roles, or the central bucket, refuses the processor: no customer can mend that.",
        )
        self._add(
            "ParkedDeliveries",
            watched(catalogue.DELIVERIES, outcome="parked"),
            ONCE,
            TICKET,
            "Deliveries were parked: a destination has refused them for a day, and a customer has to act.",
        )
        self._add(
            "InvalidConfigs",
            watched(catalogue.INVALID_CONFIGS),
            ONCE,
            TICKET,
            "A delivery config can't be read, or its delivery method isn't installed: its deliveries wait.",
        )
        self._add(
            "CircuitOpen",
            watched(catalogue.DELIVERIES, outcome="handed-over", reason="circuit-open"),
            _lasting(limits.circuit_refusals),
            TICKET,
            "A destination fails so often that deliveries to it are put off without an attempt.",
        )
        self._add(
            "SetAsideEvents",
            watched(catalogue.SET_ASIDE_EVENTS),
            Trigger(at_least=limits.set_aside_events),
            TICKET,
            "CloudWatch Logs can't take some events, too old or too new: they were set aside.",
        )

        self._add(
            "UnlabelledObjects",
            watched(catalogue.UNLABELLED_OBJECTS),
            ONCE,
            TICKET,
            "Logs of a namespace without a usable tenant label wait in the bucket until they are assigned to a tenant.",
        )

    def _destinations(self) -> None:
        self._add(
            "LateDestinations",
            watched(catalogue.LATE_DESTINATIONS, "Maximum"),
            Trigger(at_least=1, bad_periods=2, periods=3),  # the watch's rhythm may skip one
            TICKET,
            "A destination gets its logs late, or has not got them since it began to fail.",
        )
        self._add(
            "SilentTenants",
            watched(catalogue.SILENT_TENANTS, "Maximum"),
            Trigger(at_least=1, bad_periods=1, periods=2),
            TICKET,
            "Nothing has come of a tenant for a while, though something did before.",
        )

        if "reconciliation" in self._path.functions:
            self._completeness()

    def _completeness(self) -> None:
        self._add(
            "UntoldObjects",
            watched(catalogue.UNTOLD_OBJECTS, "Maximum"),
            ONCE,
            TICKET,
            "Objects lay in the bucket that no notification had told of: notifications get lost.",
        )
        self._add(
            "ReconciliationLag",
            watched(catalogue.RECONCILIATION_LAG, "Maximum"),
            Trigger(at_least=self._thresholds.reconciliation_lag.to_seconds()),
            TICKET,
            "The reconciler doesn't come to its end, or has to wait: what got lost isn't found.",
        )

    def _functions(self) -> None:
        limits = self._thresholds
        for name, function in self._path.functions.items():
            timeout = timeout_of(function)
            near = (timeout.to_seconds() - limits.function_margin.to_seconds()) * 1000
            of = f"-{name}"
            self._add(
                "FunctionErrors",
                of_function(function, "Errors", "Sum"),
                Trigger(at_least=limits.function_errors, bad_periods=2, periods=3),
                PAGE,
                f"Invocations of the function {name} end in an error: a timeout, no memory, or it can't start.",
                of=of,
            )
            self._add(
                "FunctionThrottles",
                of_function(function, "Throttles", "Sum"),
                _lasting(limits.function_throttles),
                TICKET,
                f"Lambda has no concurrency left for the function {name}.",
                of=of,
            )
            self._add(
                "FunctionDuration",
                of_function(function, "Duration", "Maximum"),
                Trigger(at_least=near, bad_periods=2, periods=3),
                TICKET,
                f"Invocations of the function {name} last nearly as long as they may: {timeout.to_human_string()}.",
                of=of,
            )

    def _tables(self) -> None:
        for name, table in self._path.tables.items():
            for what in ("Read", "Write"):
                self._add(
                    "TableThrottles",
                    of_table(table, f"{what}ThrottleEvents"),
                    _lasting(self._thresholds.table_throttles),
                    TICKET,
                    f"DynamoDB throttles {what.lower()}s of the table of {name} for a quarter of an hour.",
                    of=f"-{name}-{what}",
                )

    def _api(self) -> None:
        limits = self._thresholds
        self._add(
            "ApiErrors",
            self._path.api_metric("5XXError", "Sum"),
            Trigger(at_least=limits.api_errors),
            PAGE,
            "The API answers calls with 5xx: delivery configs can't be changed.",
        )
        self._add(
            "ApiLatency",
            self._path.api_metric("Latency", "p99"),
            _lasting(limits.api_latency.to_milliseconds()),
            TICKET,
            f"One call of the API in a hundred takes {limits.api_latency.to_human_string()} or longer.",
        )


def _lasting(at_least: float) -> Trigger:
    return Trigger(at_least=at_least, bad_periods=LASTING, periods=LASTING)


def section(name: str) -> str:
    """Give the anchor of an alarm's runbook: ``ObjectDlqNotEmpty`` is found at ``#object-dlq-not-empty``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
