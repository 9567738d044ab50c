"""A Region's dashboard, read along the data's path: agent, bucket and topic, queues, processor, destinations, API."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.watched_metric import top, watched
from runtime.delivery_config.methods import find_config_models
from runtime.metrics import catalogue
from runtime.metrics.catalogue import Dimension, Metric
from stacks.alert_monitoring import alert_graphs
from stacks.graphs import WIDTH, graph
from stacks.watched_path import WatchedPath, aws_metric, of_function, of_queue, of_table

ALARMS_SHOWN = 100
"""Source: CloudWatch user guide, "Dashboard Body Structure and Syntax": an alarm widget takes so many."""

_SKIPPED = (
    catalogue.REFUSED_OBJECTS,
    catalogue.UNLABELLED_OBJECTS,
    catalogue.UNREADABLE_MESSAGES,
    catalogue.INVALID_CONFIGS,
    catalogue.IGNORED_NOTIFICATIONS,
    catalogue.UNWANTED_OBJECTS,
    catalogue.DISCARDED_CHECKPOINTS,
    catalogue.ABSORBED_DUPLICATES,
)


class PathDashboard(Construct):
    """One dashboard. What grows with the tenants is shown as the ten largest, by searches (``top``)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        path: WatchedPath,
        alarms: Sequence[cloudwatch.IAlarm],
        runbooks: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(3))
        self._path = path
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title=f"Alarms (runbooks: {runbooks})", alarms=[*alarms[:ALARMS_SHOWN]], width=WIDTH, height=4
            )
        )
        self._agents()
        self._bucket_and_queues()
        self._processor()
        self._deliveries()
        self._failures()
        self._tenants()
        self._oddities()
        self._api()
        if path.alert_queue is not None:
            self._row("8. Alerts", *alert_graphs(path.alert_queue))

    def _row(self, heading: str, *graphs: cloudwatch.GraphWidget) -> None:
        self.dashboard.add_widgets(cloudwatch.TextWidget(markdown=f"## {heading}", width=WIDTH, height=1))
        self.dashboard.add_widgets(*graphs)

    def _agents(self) -> None:
        by = Dimension.CLUSTER
        self._row(
            "1. Agents",
            graph("Events written to S3, by cluster", [top(catalogue.AGENT_SENT_EVENTS, "Sum", by=by)], of=3),
            graph(
                "Discarded events and errors, by cluster",
                [top(catalogue.AGENT_DISCARDED_EVENTS, "Sum", by=by), top(catalogue.AGENT_ERRORS, "Sum", by=by)],
                of=3,
            ),
            graph("Fullest disk buffer, bytes", [top(catalogue.AGENT_BUFFER_BYTES, "Maximum", by=by)], of=3),
        )

    def _bucket_and_queues(self) -> None:
        path = self._path
        topic = path.topic.topic_name
        published = aws_metric("AWS/SNS", "NumberOfMessagesPublished", "Sum", label="published by S3", TopicName=topic)
        failed = aws_metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", label="not delivered", TopicName=topic)
        queues = {"objects": path.object_queue, "deliveries": path.delivery_queue}
        if path.outside_queue is not None:
            queues["outside"] = path.outside_queue
        dead = {
            "object DLQ": path.object_dlq,
            "delivery DLQ": path.delivery_dlq,
            "undelivered notifications": path.undelivered_notifications,
        }
        if path.outside_dlq is not None:
            dead["outside DLQ"] = path.outside_dlq
        self._row(
            "2. Bucket, topic and queues",
            graph("New objects", [published, failed], of=4),
            graph("Messages waiting", _visible(queues), of=4),
            graph(
                "Age of the oldest message, seconds",
                [of_queue(queue, "ApproximateAgeOfOldestMessage", "Maximum", name) for name, queue in queues.items()],
                of=4,
            ),
            graph("Dead letters", _visible(dead), of=4),
        )

    def _processor(self) -> None:
        functions = self._path.functions
        self._row(
            "3. Functions",
            graph(
                "Invocations", [of_function(each, "Invocations", "Sum", name) for name, each in functions.items()], of=4
            ),
            graph(
                "Errors and throttles",
                [
                    of_function(each, what, "Sum", f"{name}: {what.lower()}")
                    for name, each in functions.items()
                    for what in ("Errors", "Throttles")
                ],
                of=4,
            ),
            graph(
                "Longest invocation, ms",
                [of_function(each, "Duration", "Maximum", name) for name, each in functions.items()],
                of=4,
            ),
            graph(
                "Concurrent executions",
                [
                    of_function(each, "ConcurrentExecutions", "Maximum", name)
                    for name, each in functions.items()
                    if name in {"processor", "outside"}
                ],
                of=4,
            ),
        )

    def _deliveries(self) -> None:
        outcomes = ("delivered", "handed-over", "parked", "permanent", "returned")
        methods = list(find_config_models())
        ended = {"outcome": "delivered"}
        self._row(
            "4. Destinations",
            graph(
                "Deliveries, by outcome",
                [watched(catalogue.DELIVERIES, outcome=outcome, label=outcome) for outcome in outcomes],
                of=4,
            ),
            graph(
                "Delivered events",
                [watched(catalogue.EVENTS, method=method, label=method, **ended) for method in methods],
                of=4,
            ),
            graph(
                "Delivered bytes",
                [watched(catalogue.BYTES, method=method, label=method, **ended) for method in methods],
                of=4,
            ),
            graph(
                "Event age at delivery, seconds",
                [
                    watched(catalogue.AGE_OF_OLDEST_EVENT, statistic, label=statistic, **ended)
                    for statistic in ("p50", "p99", "Maximum")
                ],
                of=4,
            ),
        )

    def _failures(self) -> None:
        self.dashboard.add_widgets(
            graph(
                "Handed over, by reason",
                [top(catalogue.DELIVERIES, "Sum", by=Dimension.REASON, outcome="handed-over")],
                of=4,
            ),
            graph(
                "Access denied on the provider side; returned messages by reason",
                [
                    watched(catalogue.CENTRAL_ACCESS_DENIED, label="denied"),
                    top(catalogue.RETURNED_MESSAGES, "Sum", by=Dimension.REASON),
                ],
                of=4,
            ),
            graph(
                "Circuits",
                [
                    watched(catalogue.CIRCUIT_CHANGES, circuit="open", label="opened"),
                    watched(catalogue.CIRCUIT_CHANGES, circuit="closed", label="closed"),
                    watched(catalogue.OPEN_CIRCUITS, "Maximum", circuit="open", label="most open in a process"),
                ],
                of=4,
            ),
            graph(
                "Events not accepted by destinations",
                [
                    watched(catalogue.SET_ASIDE_EVENTS, label="set aside"),
                    watched(catalogue.PROGRAM_DROPPED_EVENTS, label="dropped by a tenant's program"),
                    watched(catalogue.PROGRAM_FAILED_EVENTS, label="a tenant's program failed with"),
                    *(
                        watched(metric, label=label)
                        for model in find_config_models().values()
                        for metric, label in model.facts.dashboard
                    ),
                ],
                of=4,
            ),
        )

    def _tenants(self) -> None:
        by = Dimension.TENANT
        self._row(
            "5. Tenants (top ten of each graph)",
            graph("Deliveries", [top(catalogue.DELIVERIES, "Sum", by=by, outcome="delivered")], of=4),
            graph("Parked", [top(catalogue.DELIVERIES, "Sum", by=by, outcome="parked")], of=4),
            graph(
                "Oldest event at delivery, seconds",
                [top(catalogue.AGE_OF_OLDEST_EVENT, "Maximum", by=by, outcome="delivered")],
                of=4,
            ),
            graph(
                "Late destinations, silent tenants",
                [
                    watched(catalogue.LATE_DESTINATIONS, "Maximum", label="late"),
                    watched(catalogue.SILENT_TENANTS, "Maximum", label="silent"),
                ],
                of=4,
            ),
        )

    def _oddities(self) -> None:
        self._row(
            "6. Skipped objects, malformed lines, missed notifications",
            graph("Skipped objects and messages", [watched(metric, label=_words(metric)) for metric in _SKIPPED], of=4),
            graph(
                "Malformed and special lines",
                [watched(each, label=_words(each)) for each in catalogue.READ.values()],
                of=4,
            ),
            graph(
                "Objects compared with the records",
                [
                    watched(catalogue.COMPARED_OBJECTS, label="compared"),
                    watched(catalogue.MISSED_NOTIFICATIONS, label="missed notifications"),
                ],
                of=4,
            ),
            graph(
                "Reconciliation lag, seconds",
                [watched(catalogue.RECONCILIATION_LAG, "Maximum", label="lag")],
                of=4,
            ),
        )

    def _api(self) -> None:
        path = self._path
        throttled = [
            of_table(table, f"{what}ThrottleEvents", f"{name}: {what.lower()}s")
            for name, table in path.tables.items()
            for what in ("Read", "Write")
        ]
        self._row(
            "7. API and tables",
            graph("Calls", [path.api_metric("Count", "Sum")], of=4),
            graph("Errors", [path.api_metric(f"{kind}XXError", "Sum") for kind in (4, 5)], of=4),
            graph("Latency, ms", [path.api_metric("Latency", statistic) for statistic in ("p50", "p99")], of=4),
            graph("Throttled by DynamoDB", throttled, of=4),
        )


def _visible(queues: dict[str, sqs.IQueue]) -> list[cloudwatch.Metric]:
    return [of_queue(queue, "ApproximateNumberOfMessagesVisible", "Maximum", name) for name, queue in queues.items()]


def _words(metric: Metric) -> str:
    return metric.description.partition(":")[0].partition(",")[0]
