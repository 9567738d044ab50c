"""Storage of one Region: tenants' data and configuration. It outlives everything that runs."""

from aws_cdk import Environment
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.athena_table import AthenaTable
from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.notification_topic import NotificationTopic
from constructs_lib.queues import RETENTION_LIMIT
from constructs_lib.tables import (
    AlertRulesTable,
    AlertStatesTable,
    DeliveryConfigTable,
    ParkedDeliveriesTable,
    TenantTable,
)
from stacks.regional_stack import RegionalStack
from stacks.stages import StageConfig


class StorageStack(RegionalStack):
    """Central bucket with its topic, and the tables."""

    def __init__(self, scope: Construct, construct_id: str, *, env: Environment, stage: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            stage=stage,
            purpose="central bucket, its notifications, tenants, delivery configs, parked deliveries",
        )
        key = self._key(stage)
        self.notifications = NotificationTopic(self, "ObjectNotifications", encryption_key=key)
        self.central_bucket = CentralLogBucket(
            self,
            "CentralLogBucket",
            notifications=self.notifications,
            expire_after=stage.objects_kept,
            longest_retry=RETENTION_LIMIT,
            transitions=stage.transitions,
            encryption_key=key,
            removal_policy=stage.removal_policy,
        )
        self.tenants = TenantTable(
            self, "Tenants", removal_policy=stage.removal_policy, deletion_protection=stage.deletion_protection
        )
        self.delivery_configs = DeliveryConfigTable(
            self,
            "DeliveryConfigs",
            removal_policy=stage.removal_policy,
            deletion_protection=stage.deletion_protection,
        )
        self.alert_rules = AlertRulesTable(
            self, "AlertRules", removal_policy=stage.removal_policy, deletion_protection=stage.deletion_protection
        )
        self.parked_deliveries = ParkedDeliveriesTable(
            self,
            "ParkedDeliveries",
            removal_policy=stage.removal_policy,
            deletion_protection=stage.deletion_protection,
        )
        self.alert_states = self._alert_states(stage) if stage.alerts else None
        if stage.athena_table:
            AthenaTable(self, "Athena", bucket=self.central_bucket, database_name=f"logrouter_{stage.name}")
        self._write_outputs()

    def _key(self, stage: StageConfig) -> kms.Key | None:
        if not stage.customer_managed_key:
            return None
        return kms.Key(
            self,
            "Key",
            description="logrouter: central bucket and its notifications",
            enable_key_rotation=True,
            removal_policy=stage.removal_policy,
        )

    def _alert_states(self, stage: StageConfig) -> AlertStatesTable:
        return AlertStatesTable(
            self, "AlertStates", removal_policy=stage.removal_policy, deletion_protection=stage.deletion_protection
        )

    def _write_outputs(self) -> None:
        self.output("CentralBucketName", self.central_bucket.bucket_name, "The bucket that all agents write into")
        self.output(
            "NotificationTopicArn", self.notifications.topic_arn, "The topic that the bucket's notifications go through"
        )
        self.output(
            "TenantsTableName", self.tenants.table.table_name, "The table of tenants; change it through the API"
        )
        self.output(
            "TenantConfigTableName",
            self.delivery_configs.table.table_name,
            "The table of the delivery configs; change it through the API",
        )
        self.output(
            "AlertRulesTableName",
            self.alert_rules.table.table_name,
            "The table of alert rules; change it through the API",
        )
        self.output(
            "ParkedDeliveriesTableName",
            self.parked_deliveries.table.table_name,
            "The table of parked deliveries, destinations' statuses and replays",
        )
