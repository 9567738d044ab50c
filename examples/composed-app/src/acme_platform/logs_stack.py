"""The log pipeline in one stack, and beside it what only this platform has: a second reader of every object."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnOutput, Duration, Environment, RemovalPolicy, Stack
from constructs import Construct

from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.central_role import CentralLogDistributionRole, CentralRoleRegionPolicy
from constructs_lib.notification_topic import NotificationTopic
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.processor import Processor, ProcessorSize
from constructs_lib.processor_environment import ProcessorTuning, processor_environment
from constructs_lib.processor_execution_role import ProcessorExecutionRole, ProcessorResources
from constructs_lib.queues import RETENTION_LIMIT, DeliveryQueue, ObjectQueue
from constructs_lib.resumption import Resumption
from constructs_lib.tables import DeliveryConfigTable, ParkedDeliveriesTable, TenantTable
from constructs_lib.web_identity import WebIdentity
from constructs_lib.writer_role import WriterRole
from stacks.bundling.runtime_asset import FunctionArchitecture, build_runtime_asset

NAME: Final = "acme"
HIDDEN: Final = Duration.minutes(12)
"""Six times the processor's timeout, which its construct requires."""


class LogsStack(Stack):
    """Bucket, queues, tables, roles and processor of one Region.

    :param clusters: who may write, by cluster id.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, clusters: Mapping[str, WebIdentity]
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="Acme's log pipeline")
        kept = {"removal_policy": RemovalPolicy.RETAIN, "deletion_protection": True}
        tuning, architecture = ProcessorTuning(), FunctionArchitecture.ARM_64
        self.topic = NotificationTopic(self, "Notifications")
        self.bucket = CentralLogBucket(
            self,
            "Bucket",
            notifications=self.topic,
            expire_after=Duration.days(30),
            longest_retry=RETENTION_LIMIT,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for cluster_id, identity in clusters.items():
            WriterRole(self, f"Writer-{cluster_id}", bucket=self.bucket, cluster_id=cluster_id, identity=identity)
        resources = ProcessorResources(
            bucket=self.bucket,
            object_queue=self._object_queue("ObjectQueue"),
            delivery_queue=DeliveryQueue(
                self,
                "DeliveryQueue",
                visibility_timeout=HIDDEN,
                delivery_schedule=tuning.delivery_schedule,
                removal_policy=RemovalPolicy.DESTROY,
            ),
            tenants=TenantTable(self, "Tenants", **kept).table,
            delivery_configs=DeliveryConfigTable(self, "DeliveryConfigs", **kept).table,
            parked_deliveries=ParkedDeliveriesTable(self, "ParkedDeliveries", **kept).table,
        )
        self._processor(resources, tuning, architecture)
        # This platform's own: the security team reads every object, too, and neither waits for the other.
        security = self._object_queue("SecurityQueue")
        CfnOutput(self, "SecurityQueueUrl", value=security.queue.queue_url, description="What the SIEM's reader polls")

    def _object_queue(self, name: str) -> ObjectQueue:
        return ObjectQueue(
            self, name, topic=self.topic.topic, visibility_timeout=HIDDEN, removal_policy=RemovalPolicy.DESTROY
        )

    def _processor(
        self, resources: ProcessorResources, tuning: ProcessorTuning, architecture: FunctionArchitecture
    ) -> None:
        """Make the functions and their roles; the code is the package's own, built for the functions' platform."""
        central = CentralLogDistributionRole(self, "CentralRole")
        policy = CentralRoleRegionPolicy(
            self, "CentralRolePolicy", bucket=self.bucket, policy_name=f"{NAME}-{self.region}"
        )
        policy.node.add_dependency(central)  # it names the role, which CloudFormation can't see
        role = ProcessorExecutionRole(self, "ExecutionRole", stage=NAME, resources=resources, on_lambda=True)
        settings = FunctionSettings(code=build_runtime_asset(architecture).code(), architecture=architecture.of_lambda)
        Processor(
            self,
            "Processor",
            settings=settings,
            role=role.role,
            object_queue=resources.object_queue,
            delivery_queue=resources.delivery_queue,
            environment=processor_environment(resources=resources, tuning=tuning, account=self.account),
            size=ProcessorSize(),
        )
        Resumption(
            self,
            "Resumption",
            settings=settings,
            resources=resources,
            delivery_schedule=tuning.delivery_schedule,
        )
