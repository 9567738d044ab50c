"""The function that looks for what no message tells: silent tenants, late destinations."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.function_parts import (
    acknowledge_own_log,
    acknowledge_pinned_runtime,
    function_role,
    run_every,
    write_own_log,
)
from constructs_lib.limits import require_longer
from runtime.metrics.catalogue import NAMESPACE

HANDLER: Final = "runtime.destination_watch.lambda_handler.handler"
EVERY: Final = Duration.minutes(5)
"""How often it looks: as often as the processor notes that a destination works."""

_MEMORY_MIB: Final = 256
_LATE: Final = Duration.minutes(15)
_SILENT: Final = Duration.hours(1)


@dataclass(frozen=True, kw_only=True)
class DestinationLimits:
    """What counts as late, and as silent.

    :param late: from an event's time to its delivery. The way takes 2-5 minutes, most of it the agent's batch; three
        times that is no jitter any more.
    :param silent: without anything of a tenant. A hosted control plane writes all the time; an hour leaves room for an
        upgrade of a cluster.
    """

    late: Duration = _LATE
    silent: Duration = _SILENT

    def __post_init__(self) -> None:
        """Refuse what the watch couldn't tell: statuses are noted every five minutes."""
        require_longer(("late", self.late), ("how often destinations are noted", EVERY), "it would always be late")
        require_longer(("silent", self.silent), ("late", self.late), "a late tenant would count as silent")


class DestinationWatch(Construct):
    """Function that may list the delivery configs' keys and read destinations' statuses, and nothing else.

    :param code: the same asset as the processor's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        delivery_configs: dynamodb.ITable,
        parked_deliveries: dynamodb.ITable,
        limits: DestinationLimits,
        log_level: str = "INFO",
        architecture: lambda_.Architecture = lambda_.Architecture.ARM_64,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=RemovalPolicy.DESTROY)
        self.role = self._role(delivery_configs, parked_deliveries)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Looks for silent tenants and late destinations",
            code=code,
            architecture=architecture,
            role=self.role,
            environment={
                "TENANT_CONFIG_TABLE": delivery_configs.table_name,
                "PARKED_DELIVERIES_TABLE": parked_deliveries.table_name,
                "LATE_SECONDS": str(limits.late.to_seconds()),
                "SILENT_SECONDS": str(limits.silent.to_seconds()),
                "METRICS_NAMESPACE": NAMESPACE,
                "LOG_LEVEL": log_level,
            },
            memory_size=_MEMORY_MIB,
            timeout=Duration.minutes(1),
            log_group=self.log_group,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=HANDLER,
        )
        acknowledge_pinned_runtime(self.function)
        run_every(self, self.function, EVERY, description="Looks for silent tenants and late destinations")

    def _role(self, delivery_configs: dynamodb.ITable, parked_deliveries: dynamodb.ITable) -> iam.Role:
        role = function_role(self, description="Looks for silent tenants and late destinations")
        policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    sid="ListDeliveryConfigs", actions=["dynamodb:Scan"], resources=[delivery_configs.table_arn]
                ),
                iam.PolicyStatement(
                    sid="ReadStatuses", actions=["dynamodb:BatchGetItem"], resources=[parked_deliveries.table_arn]
                ),
                write_own_log(self.log_group),
            ],
        )
        acknowledge_own_log(policy, self.log_group)
        return role
