"""The API over a Region's delivery configs."""

from collections.abc import Callable

from aws_cdk import Environment
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.api import ApiTables, DeliveryConfigApi
from constructs_lib.api_firewall import ApiFirewall
from stacks.regional_stack import RegionalStack
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack


class ApiStack(RegionalStack):
    """One Region's API, over the storage stack's table.

    :param tester: makes test deliveries; the API may start it. :param code: makes the function's code.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        stage: StageConfig,
        storage: StorageStack,
        tester: lambda_.IFunction,
        code: Callable[[], lambda_.Code],
    ) -> None:
        super().__init__(scope, construct_id, env=env, stage=stage, purpose="the delivery-config API")
        self.api = DeliveryConfigApi(
            self,
            "Api",
            settings=self.function_settings(code()),
            tables=ApiTables(
                configs=storage.delivery_configs.table,
                tenants=storage.tenants.table,
                parked_deliveries=storage.parked_deliveries.table,
                alert_rules=storage.alert_rules.table,
                alert_states=None if storage.alert_states is None else storage.alert_states.table,
            ),
            central_bucket=storage.central_bucket.bucket,
            tester=tester,
            limits=stage.api_limits,
            allow_loopback=stage.tuning.allow_loopback,
            snap_start=stage.api_snap_start,
        )
        if stage.api_firewall:
            ApiFirewall(self, "Firewall", stage=self.api.rest_api.deployment_stage)
        self.trace(self.api.function, api=self.api.rest_api, priority=2000)
        self.output("ApiUrl", self.api.url, "The delivery-config API; set LOGROUTER_API_URL to it")
        self.output("ApiFunctionName", self.api.function.function_name, "The API's function")
        self.output(
            "ApiLogGroupName", self.api.log_group.log_group_name, "The API's log, with the audit trail of changes"
        )
