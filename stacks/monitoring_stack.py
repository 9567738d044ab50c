"""An operator's view of one Region: dashboard, alarms, saved queries, and the destination watch."""

from collections.abc import Callable

from aws_cdk import Environment
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.audit_trail import AuditTrail
from constructs_lib.destination_watch import DestinationWatch
from constructs_lib.operator_alarm import AlarmTopics, Severity
from constructs_lib.saved_queries import SavedQueries, Source
from stacks.alarms import Alarms
from stacks.api_stack import ApiStack
from stacks.collection_stack import CollectionStack
from stacks.dashboard import PathDashboard
from stacks.outside_stack import OutsideStack
from stacks.processing_stack import ProcessingStack
from stacks.regional_stack import RegionalStack
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack
from stacks.watched_path import WatchedPath


class MonitoringStack(RegionalStack):
    """A separate stack: thresholds change without touching deliveries.

    :param code: makes the functions' code.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        stage: StageConfig,
        storage: StorageStack,
        collection: CollectionStack,
        processing: ProcessingStack,
        api: ApiStack,
        outside: OutsideStack | None,
        code: Callable[[], lambda_.Code],
    ) -> None:
        super().__init__(scope, construct_id, env=env, stage=stage, purpose="dashboard, alarms, saved queries")
        settings = stage.monitoring
        self.watch = DestinationWatch(
            self,
            "DestinationWatch",
            settings=self.function_settings(code()),
            delivery_configs=storage.delivery_configs.table,
            parked_deliveries=storage.parked_deliveries.table,
            limits=settings.destinations,
        )
        path = WatchedPath.of(
            stage=stage,
            storage=storage,
            collection=collection,
            processing=processing,
            api=api,
            outside=outside,
            watch=self.watch.function,
        )
        self.topics = AlarmTopics(
            self,
            "AlarmTopics",
            subscribers={Severity.PAGE: settings.pages, Severity.TICKET: settings.tickets},
            removal_policy=stage.removal_policy,
        )
        self.alarms = Alarms(
            self,
            "Alarms",
            path=path,
            thresholds=settings.thresholds,
            topics=self.topics,
            runbooks=settings.runbooks,
        )
        self.dashboard = PathDashboard(self, "Path", path=path, alarms=self.alarms.all, runbooks=settings.runbooks)
        self._save_queries(storage, processing, api)
        self._write_outputs()

    def _save_queries(self, storage: StorageStack, processing: ProcessingStack, api: ApiStack) -> None:
        trail = self._trail(storage) if self.stage.monitoring.audit_trail else None
        SavedQueries(
            self,
            "Queries",
            folder=f"logrouter/{self.stage.name}",
            log_groups={
                Source.PROCESSOR: processing.all_record_log_groups,
                Source.API: (api.api.log_group.log_group_name,),
                Source.WATCH: (self.watch.log_group.log_group_name,),
                Source.AUDIT: (trail.log_group.log_group_name,) if trail else (),
            },
        )

    def _trail(self, storage: StorageStack) -> AuditTrail:
        stage = self.stage
        return AuditTrail(
            self,
            "Audit",
            bucket=storage.central_bucket.bucket,
            kept=stage.monitoring.audit_kept,
            log_retention=stage.function_log_kept,
            removal_policy=stage.removal_policy,
        )

    def _write_outputs(self) -> None:
        self.output("DashboardName", self.dashboard.dashboard.dashboard_name, "The CloudWatch dashboard")
        self.output(
            "DestinationWatchFunctionName",
            self.watch.function.function_name,
            "The function that looks for silent tenants and late destinations",
        )
        for severity, topic in self.topics.of.items():
            self.output(
                f"{severity.value.title()}TopicArn", topic.topic_arn, f"Alarms of the severity {severity.value}"
            )
