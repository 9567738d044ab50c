"""The metrics of a Region's alarms and dashboard, along the data's path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from constructs_lib.watched_metric import PERIOD
from stacks.api_stack import ApiStack
from stacks.collection_stack import CollectionStack
from stacks.outside_stack import OutsideStack
from stacks.processing_stack import ProcessingStack
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack


@dataclass(frozen=True, kw_only=True)
class WatchedPath:
    """The resources of one Region.

    :param clusters: ids of those that the stage knows. :param functions: by what an operator calls them.
    :param outside_queue: of deliveries to customers' own addresses, with its DLQ; none where nothing is outside.
    :param alert_queue: of marked lines' copies, with its DLQ; none where the stage has no alerts.
    """

    clusters: tuple[str, ...]
    topic: sns.ITopic
    object_queue: sqs.IQueue
    object_dlq: sqs.IQueue
    undelivered_notifications: sqs.IQueue
    delivery_queue: sqs.IQueue
    delivery_dlq: sqs.IQueue
    functions: Mapping[str, lambda_.Function]
    tables: Mapping[str, dynamodb.ITable]
    api: apigateway.RestApi
    outside_queue: sqs.IQueue | None = None
    outside_dlq: sqs.IQueue | None = None
    alert_queue: sqs.IQueue | None = None
    alert_dlq: sqs.IQueue | None = None

    @classmethod
    def of(
        cls,
        *,
        stage: StageConfig,
        storage: StorageStack,
        collection: CollectionStack,
        processing: ProcessingStack,
        api: ApiStack,
        outside: OutsideStack | None,
        watch: lambda_.Function,
    ) -> Self:
        """Take them from the Region's stacks."""
        processor = {} if processing.processor is None else {"processor": processing.processor.function}
        copies = collection.alert_queue
        compared, alerting, states = processing.reconciliation, processing.alerting, storage.alert_states
        reconciliation = {} if compared is None else {"reconciliation": compared.function}
        return cls(
            clusters=tuple(cluster.cluster_id for cluster in stage.clusters if cluster.region == storage.region),
            topic=storage.notifications.topic,
            object_queue=collection.object_queue.queue,
            object_dlq=collection.object_queue.dead_letter_queue,
            undelivered_notifications=collection.object_queue.undelivered_notifications,
            delivery_queue=processing.delivery_queue.queue,
            delivery_dlq=processing.delivery_queue.dead_letter_queue,
            functions={
                **processor,
                "resumption": processing.resumption.function,
                "api": api.api.function,
                "watch": watch,
                "tester": processing.tester.function,
                **reconciliation,
                **({} if alerting is None else {"alerts": alerting.function}),
                **({} if outside is None else outside.functions()),
            },
            tables={
                "tenants": storage.tenants.table,
                "configs": storage.delivery_configs.table,
                "parked": storage.parked_deliveries.table,
                **({} if states is None else {"alerts": states.table}),
            },
            api=api.api.rest_api,
            outside_queue=None if outside is None else outside.delivery_queue.queue,
            outside_dlq=None if outside is None else outside.delivery_queue.dead_letter_queue,
            alert_queue=None if copies is None else copies.queue,
            alert_dlq=None if copies is None else copies.dead_letter_queue,
        )

    def api_metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return one of API Gateway's metrics of the API (developer guide, "API Gateway metrics")."""
        return aws_metric("AWS/ApiGateway", name, statistic, ApiName=self.api.rest_api_name)


def aws_metric(namespace: str, name: str, statistic: str, *, label: str | None = None, **by: str) -> cloudwatch.Metric:
    """Return a metric that AWS itself emits."""
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=by, statistic=statistic, period=PERIOD, label=label
    )


def of_queue(queue: sqs.IQueue, name: str, statistic: str, label: str | None = None) -> cloudwatch.Metric:
    """Return one of SQS' metrics (developer guide, "Available CloudWatch metrics for Amazon SQS")."""
    return aws_metric("AWS/SQS", name, statistic, label=label, QueueName=queue.queue_name)


def of_function(function: lambda_.IFunction, name: str, statistic: str, label: str | None = None) -> cloudwatch.Metric:
    """Return one of Lambda's metrics (developer guide, "Types of metrics for Lambda functions")."""
    return aws_metric("AWS/Lambda", name, statistic, label=label, FunctionName=function.function_name)


def of_table(table: dynamodb.ITable, name: str, label: str | None = None) -> cloudwatch.Metric:
    """Return one of DynamoDB's metrics (developer guide, "DynamoDB metrics and dimensions")."""
    return aws_metric("AWS/DynamoDB", name, "Sum", label=label, TableName=table.table_name)


def timeout_of(function: lambda_.Function) -> Duration:
    """Return a function's timeout, which is what its duration is held against."""
    assert function.timeout is not None
    return function.timeout
