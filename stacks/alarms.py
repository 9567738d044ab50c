"""A Region's alarms, along the data's path. Each has one runbook in docs/operations.md, under its own name."""

import re
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.operator_alarm import AlarmTopics, MissingData, OperatorAlarm, Severity, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics import catalogue
from stacks.alert_monitoring import add_alert_alarms
from stacks.monitoring_settings import AlarmThresholds
from stacks.service_alarms import add_service_alarms, lasting
from stacks.watched_path import WatchedPath, of_queue

PAGE, TICKET = Severity.PAGE, Severity.TICKET
ONCE: Final = Trigger(at_least=1)


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
        add_alert_alarms(self._add, path, thresholds)
        add_service_alarms(self._add, path, thresholds)
        self._agents()

    def _add(
        self, name: str, metric: cloudwatch.IMetric, trigger: Trigger, severity: Severity, text: str, *, of: str = ""
    ) -> None:
        """Add one. ``name`` is its title and its runbook's section; ``of`` tells apart those that share it.

        :param text: what happens, and what to do first.
        """
        made = OperatorAlarm(
            self,
            f"{name}{of}",
            metric=metric,
            trigger=trigger,
            severity=severity,
            title=_words(name).capitalize(),
            description=text,
            runbook=f"{self._runbooks}#{section(name)}",
            topics=self._topics,
        )
        self.all.append(made.alarm)

    def _agents(self) -> None:
        limits = self._thresholds
        full = lasting(limits.buffer_bytes * limits.buffer_share)
        silence = limits.cluster_silence_periods
        silent = Trigger(
            at_least=1, below=True, missing_data=MissingData.BREACHING, datapoints=silence, periods=silence
        )
        for cluster in self._path.clusters:
            here, of = {"cluster": cluster}, f"-{cluster}"
            self._add(
                "SilentCluster",
                watched(catalogue.AGENT_SENT_EVENTS, **here),
                silent,
                PAGE,
                f"No agent of cluster {cluster} has written to the central bucket for {5 * silence} minutes. Check the "
                "DaemonSet and the writer role.",
                of=of,
            )
            self._add(
                "AgentDiscards",
                watched(catalogue.AGENT_DISCARDED_EVENTS, **here),
                ONCE,
                PAGE,
                f"An agent of cluster {cluster} dropped events: they are lost. Roll the agent back.",
                of=of,
            )
            self._add(
                "AgentBuffer",
                watched(catalogue.AGENT_BUFFER_BYTES, "Maximum", **here),
                full,
                PAGE,
                f"The disk buffer of a node in cluster {cluster} is filling up: its agent can't write to the central "
                "bucket. Check what S3 answers.",
                of=of,
            )

    def _queues(self) -> None:
        path = self._path
        self._not_empty(
            "UndeliveredNotifications",
            path.undelivered_notifications,
            "SNS could not deliver notifications to the object queue. Restore its policy, then run the reconciler",
        )
        self._not_empty(
            "ObjectDlqNotEmpty",
            path.object_dlq,
            "Objects, or messages about them, could not be processed. List the reasons, fix them, redrive",
        )
        self._not_empty(
            "DeliveryDlqNotEmpty",
            path.delivery_dlq,
            "Deliveries could be neither handed over nor parked. Fix the queue or the table, redrive",
        )
        if path.outside_dlq is not None:
            self._not_empty(
                "DeliveryDlqNotEmpty",
                path.outside_dlq,
                "Deliveries to customers' own addresses could be neither handed over nor parked, or had no valid pass",
                of="-outside",
            )
        self._ages()

    def _ages(self) -> None:
        path, limits = self._path, self._thresholds
        ages = [
            (
                "ObjectQueueAge",
                "",
                path.object_queue,
                limits.object_queue_age,
                "New objects wait too long. Check the processor's errors and throttles",
            ),
            (
                "DeliveryQueueAge",
                "",
                path.delivery_queue,
                limits.delivery_queue_age,
                "Handed-over deliveries are not processed. Check the function's event sources",
            ),
        ]
        if path.outside_queue is not None:
            ages.append(
                (
                    "DeliveryQueueAge",
                    "-outside",
                    path.outside_queue,
                    limits.delivery_queue_age,
                    "Deliveries to customers' own addresses are not processed. Check the outside function, the issuer",
                )
            )
        for name, of, queue, age, text in ages:
            self._add(
                name,
                of_queue(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
                Trigger(at_least=age.to_seconds(), datapoints=2, periods=2),
                PAGE,
                f"{text}. The oldest message is over {age.to_human_string()} old.",
                of=of,
            )

    def _not_empty(self, name: str, queue: sqs.IQueue, text: str, *, of: str = "") -> None:
        metric = of_queue(queue, "ApproximateNumberOfMessagesVisible", "Maximum")
        self._add(name, metric, ONCE, PAGE, f"{text}. Dead letters expire after 14 days.", of=of)

    def _deliveries(self) -> None:
        limits = self._thresholds
        self._add(
            "CentralAccessDenied",
            watched(catalogue.CENTRAL_ACCESS_DENIED),
            ONCE,
            PAGE,
            "Access denied on a provider-side role or the central bucket; every tenant is affected. Compare roles "
            "and policies with the templates.",
        )
        self._add(
            "ParkedDeliveries",
            watched(catalogue.DELIVERIES, outcome="parked"),
            ONCE,
            TICKET,
            "Deliveries were parked: a destination has refused them for a whole delivery schedule. The customer, or "
            "a changed delivery config, has to fix it.",
        )
        self._add(
            "InvalidConfigs",
            watched(catalogue.INVALID_CONFIGS),
            ONCE,
            TICKET,
            "A delivery config can't be read, or its delivery method isn't installed; its deliveries wait. Correct it "
            "through the API.",
        )
        self._add(
            "CircuitOpen",
            watched(catalogue.DELIVERIES, outcome="handed-over", reason="circuit-open"),
            lasting(limits.circuit_refusals),
            TICKET,
            "A destination keeps failing; deliveries to it are postponed without an attempt. Check its status.",
        )
        self._add(
            "SetAsideEvents",
            watched(catalogue.SET_ASIDE_EVENTS),
            Trigger(at_least=limits.set_aside_events),
            TICKET,
            "CloudWatch Logs does not accept some events (too old or too new); they were set aside. Check for "
            "replays and wrong clocks.",
        )

        self._add(
            "UnlabelledObjects",
            watched(catalogue.UNLABELLED_OBJECTS),
            ONCE,
            TICKET,
            "Logs of a namespace without a usable tenant label wait in the bucket. Set the label, then assign them to "
            "their tenant with logrouter assign.",
        )

    def _destinations(self) -> None:
        self._add(
            "LateDestinations",
            watched(catalogue.LATE_DESTINATIONS, "Maximum"),
            Trigger(at_least=1, datapoints=2, periods=3),  # the watch's rhythm may skip one
            TICKET,
            "A destination receives logs late, or has received none since it began to fail. Check its status.",
        )
        self._add(
            "SilentTenants",
            watched(catalogue.SILENT_TENANTS, "Maximum"),
            Trigger(at_least=1, datapoints=1, periods=2),
            TICKET,
            "A tenant that sent logs before has sent none for a while. Check its namespace and the cluster's agents.",
        )

        if "reconciliation" in self._path.functions:
            self._completeness()

    def _completeness(self) -> None:
        self._add(
            "MissedNotifications",
            watched(catalogue.MISSED_NOTIFICATIONS, "Maximum"),
            ONCE,
            TICKET,
            "Objects were found in the bucket without a notification; they have been handed over. Find out why "
            "notifications get lost.",
        )
        self._add(
            "ReconciliationLag",
            watched(catalogue.RECONCILIATION_LAG, "Maximum"),
            Trigger(at_least=self._thresholds.reconciliation_lag.to_seconds()),
            TICKET,
            "Reconciliation is behind; missed objects are not being recovered. Check the object queue and the "
            "reconciler's log.",
        )


def section(name: str) -> str:
    """Return the anchor of an alarm's runbook: ``ObjectDlqNotEmpty`` is found at ``#object-dlq-not-empty``."""
    return _words(name).replace(" ", "-")


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
