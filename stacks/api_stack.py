"""The API over a Region's delivery configs."""

from collections.abc import Callable

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.api import DeliveryConfigApi
from constructs_lib.api_firewall import ApiFirewall
from constructs_lib.tracing import Tracing
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack


class ApiStack(Stack):
    """One Region's API, over the storage stack's table.

    :param code: makes the function's code.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        stage: StageConfig,
        storage: StorageStack,
        code: Callable[[], lambda_.Code],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            termination_protection=stage.termination_protection,
            description="logrouter: the delivery-config API",
        )
        self.api = DeliveryConfigApi(
            self,
            "Api",
            code=code(),
            table=storage.delivery_configs.table,
            parked_deliveries=storage.parked_deliveries.table,
            central_bucket=storage.central_bucket.bucket,
            limits=stage.api_limits,
            log_level=stage.tuning.log_level,
            architecture=stage.architecture.of_lambda,
            snap_start=stage.api_snap_start,
            log_retention=stage.function_log_kept,
        )
        if stage.api_firewall:
            ApiFirewall(self, "Firewall", stage=self.api.rest_api.deployment_stage)
        if stage.monitoring.traced_share:
            Tracing(
                self,
                "Tracing",
                functions=(self.api.function,),
                api=self.api.rest_api,
                share=stage.monitoring.traced_share,
                priority=2000,
            )
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "ApiFunctionName", value=self.api.function.function_name)
        CfnOutput(self, "ApiLogGroupName", value=self.api.log_group.log_group_name)
