"""The function that finds silent tenants and late destinations."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.limits import require_longer
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from runtime.metrics.catalogue import NAMESPACE

HANDLER: Final = "runtime.destination_watch.lambda_handler.handler"
EVERY: Final = Duration.minutes(5)
"""How often it looks: as often as the processor notes that a destination works."""

_TASK: Final = "Looks for silent tenants and late destinations"
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
        """Refuse limits that can't be measured: statuses are written every five minutes."""
        require_longer(("late", self.late), ("how often destinations are noted", EVERY), "it would always be late")
        require_longer(("silent", self.silent), ("late", self.late), "a late tenant would count as silent")


class DestinationWatch(PipelineFunction):
    """Function that may list the delivery configs' keys and read destinations' statuses, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        delivery_configs: dynamodb.ITable,
        parked_deliveries: dynamodb.ITable,
        limits: DestinationLimits,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description=_TASK,
            memory_mib=_MEMORY_MIB,
            timeout=Duration.minutes(1),
            environment={
                "TENANT_CONFIG_TABLE": delivery_configs.table_name,
                "PARKED_DELIVERIES_TABLE": parked_deliveries.table_name,
                "LATE_SECONDS": str(limits.late.to_seconds()),
                "SILENT_SECONDS": str(limits.silent.to_seconds()),
                "METRICS_NAMESPACE": NAMESPACE,
            },
            permissions=[
                iam.PolicyStatement(
                    sid="ListDeliveryConfigs", actions=["dynamodb:Scan"], resources=[delivery_configs.table_arn]
                ),
                iam.PolicyStatement(
                    sid="ReadStatuses", actions=["dynamodb:BatchGetItem"], resources=[parked_deliveries.table_arn]
                ),
            ],
        )
        self.run_every(EVERY, description=_TASK)
