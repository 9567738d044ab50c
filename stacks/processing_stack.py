"""Processing: the processor, its role, its delivery queue, and this Region's part of the central role's policy."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aws_cdk import Environment
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.alerting import AlertFunction, AlertResources
from constructs_lib.central_role import CentralRoleRegionPolicy
from constructs_lib.delivery_tester import DeliveryTesterFunction
from constructs_lib.outside_reader import TenantData
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.processor import VECTOR_PROGRAM, Processor
from constructs_lib.processor_environment import poller_environment, processor_environment
from constructs_lib.processor_execution_role import ProcessorExecutionRole, ProcessorResources
from constructs_lib.queues import DeliveryQueue
from constructs_lib.reconciliation import Reconciliation
from constructs_lib.resumption import Resumption
from stacks.collection_stack import CollectionStack
from stacks.outside_stack import OutsideStack
from stacks.regional_stack import RegionalStack
from stacks.stages import Host, StageConfig
from stacks.storage_stack import StorageStack

OUTPUTS: Final = {
    "DeliveryQueueUrl": "The queue of deliveries that are tried again",
    "DeliveryDlqUrl": "Deliveries that could neither be made nor parked; empty when all is well",
    "ProcessorExecutionRoleArn": "The processor's own role, also for a poller's service account",
    "ResumptionFunctionName": "The function that resumes parked deliveries and runs replays",
    "RecordLogGroupNames": "The log groups of the delivery records",
    "TesterLogGroupName": "The log of test deliveries, with the audit trail of what they enable",
    "ReconciliationFunctionName": "The function that finds objects without a notification",
    "AlertFunctionName": "The function that applies alert rules and notifies",
    "ProcessorFunctionName": "The processor's function",
    "ProcessorLogGroupName": "The processor's log, with the delivery records",
    "PollerEnvironment": "The poller's environment on Kubernetes, as JSON",
}
"""What each output is, as the page of the stack shows it."""


class ProcessingStack(RegionalStack):
    """One Region's processor on the stage's host.

    :param code: makes the functions' code. Resuming is a function's work on every host: it has to notice what no
        message shows.
    :param outside: where deliveries to customers' own addresses are handed over to, where the stage has it.
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
        code: Callable[[], lambda_.Code],
        outside: OutsideStack | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, stage=stage, purpose="processor, delivery queue")
        settings = self.function_settings(code())
        self.delivery_queue = DeliveryQueue(
            self,
            "DeliveryQueue",
            visibility_timeout=stage.visibility_timeout,
            delivery_schedule=stage.tuning.delivery_schedule,
            removal_policy=stage.removal_policy,
        )
        self.resources = ProcessorResources(
            bucket=storage.central_bucket,
            object_queue=collection.object_queue,
            delivery_queue=self.delivery_queue,
            tenants=storage.tenants.table,
            delivery_configs=storage.delivery_configs.table,
            parked_deliveries=storage.parked_deliveries.table,
            outside=outside.queue if outside else None,
        )
        self.execution_role = self._execution_role()
        self.processor = self._processor(settings) if stage.host is not Host.POLLER else None
        self.resumption = Resumption(
            self,
            "Resumption",
            settings=settings,
            resources=self.resources,
            delivery_schedule=stage.tuning.delivery_schedule,
        )
        self.tester = self._tester(settings, storage, outside)
        self.alerting = self._alerting(settings, storage, collection)
        processors = [self.processor] if self.processor is not None else []
        more = [self.alerting] if self.alerting is not None else []
        self.trace(*(each.function for each in (*processors, self.resumption, self.tester, *more)))
        own_records = [each.log_group.log_group_name for each in processors]
        self.record_log_groups = (*own_records, *stage.record_log_groups)
        """What the reconciler reads: an object's notification is counted by a processor of the inside."""
        self.all_record_log_groups = (*self.record_log_groups, *(outside.record_log_groups if outside else ()))
        self.reconciliation = self._reconciliation(settings)
        self._write_outputs()

    def _execution_role(self) -> ProcessorExecutionRole:
        """Make the processor's role, and attach this Region's policy to the one that it assumes."""
        stage = self.stage
        CentralRoleRegionPolicy(
            self,
            "CentralRolePolicy",
            bucket=self.resources.bucket,
            policy_name=f"logrouter-{stage.name}-{self.region}",
        )
        return ProcessorExecutionRole(
            self,
            "ExecutionRole",
            stage=stage.name,
            resources=self.resources,
            on_lambda=stage.host is not Host.POLLER,
            web_identity=stage.poller_identity if stage.host is not Host.LAMBDA else None,
        )

    def _processor(self, settings: FunctionSettings) -> Processor:
        stage = self.stage
        tuning = replace(stage.tuning, vector_binary=VECTOR_PROGRAM) if stage.vector_layer_path else stage.tuning
        return Processor(
            self,
            "Processor",
            settings=settings,
            role=self.execution_role.role,
            object_queue=self.resources.object_queue,
            delivery_queue=self.delivery_queue,
            environment=processor_environment(resources=self.resources, tuning=tuning, account=self.account),
            size=stage.size,
            vector_layer_path=stage.vector_layer_path,
            snap_start=stage.processor_snap_start,
        )

    def _tester(
        self, settings: FunctionSettings, storage: StorageStack, outside: OutsideStack | None
    ) -> DeliveryTesterFunction:
        tenants = TenantData(
            bucket=storage.central_bucket,
            records=storage.tenants.table,
            delivery_configs=storage.delivery_configs.table,
            parked_deliveries=storage.parked_deliveries.table,
        )
        return DeliveryTesterFunction(
            self,
            "Tester",
            settings=settings,
            tenants=tenants,
            outside=outside.tests if outside else None,
            retried=self.stage.test_retried,
        )

    def _alerting(
        self, settings: FunctionSettings, storage: StorageStack, collection: CollectionStack
    ) -> AlertFunction | None:
        """Return the alert function, where the stage has alerts."""
        if collection.alert_queue is None or storage.alert_states is None:
            return None
        return AlertFunction(
            self,
            "Alerting",
            settings=settings,
            resources=AlertResources(
                queue=collection.alert_queue,
                states=storage.alert_states.table,
                rules=storage.alert_rules.table,
                tenants=storage.tenants.table,
            ),
            writers=collection.writer_roles,
            max_concurrency=self.stage.size.max_concurrency,
        )

    def _reconciliation(self, settings: FunctionSettings) -> Reconciliation | None:
        """Return it where all records can be read: what a poller delivers looks missed without its own."""
        if self.stage.host is not Host.LAMBDA and not self.stage.record_log_groups:
            return None
        return Reconciliation(
            self,
            "Reconciliation",
            settings=settings,
            resources=self.resources,
            record_log_groups=self.record_log_groups,
            schedule=self.stage.reconciliation,
        )

    def _write_outputs(self) -> None:
        values = {
            "DeliveryQueueUrl": self.delivery_queue.queue.queue_url,
            "DeliveryDlqUrl": self.delivery_queue.dead_letter_queue.queue_url,
            "ProcessorExecutionRoleArn": self.execution_role.role.role_arn,
            "ResumptionFunctionName": self.resumption.function.function_name,
            "RecordLogGroupNames": ",".join(self.all_record_log_groups),
            "TesterLogGroupName": self.tester.log_group.log_group_name,
        }
        if self.reconciliation is not None:
            values["ReconciliationFunctionName"] = self.reconciliation.function.function_name
        if self.alerting is not None:
            values["AlertFunctionName"] = self.alerting.function.function_name
        if self.processor is not None:
            values["ProcessorFunctionName"] = self.processor.function.function_name
            values["ProcessorLogGroupName"] = self.processor.log_group.log_group_name
        if self.stage.host is not Host.LAMBDA:
            environment = poller_environment(
                resources=self.resources, tuning=self.stage.tuning, account=self.account, region=self.region
            )
            values["PollerEnvironment"] = self.to_json_string(environment)
        for name, value in values.items():
            self.output(name, value, OUTPUTS[name])
