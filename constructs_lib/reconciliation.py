"""The function that finds objects without a notification: on a schedule, with a role of its own."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.central_log_bucket import allow_listing_objects
from constructs_lib.limits import require, require_between
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.processor_execution_role import ProcessorResources

HANDLER: Final = "runtime.reconciliation.lambda_handler.handler"
PARTITION: Final = "!reconciliation"
"""Its items in the table of parked deliveries: it may touch no other."""
_TIMEOUT: Final = Duration.minutes(15)
"""The longest that Lambda allows. Source: Lambda quotas, "Function timeout"."""
_MEMORY_MIB: Final = 512
_TASK: Final = "Compares the bucket with the delivery records"
_MARGIN: Final = Duration.hours(1)
_EVERY: Final = Duration.hours(6)
_LOOK_BACK: Final = Duration.days(3)


@dataclass(frozen=True, kw_only=True)
class ReconciliationSchedule:
    """How often, and how far back.

    :param every: each run lists every pod's folder once: rarer is cheaper, and finds later (docs/operations.md).
    :param look_back: how far the first run looks, and how far one after a long pause. The records must be kept longer.
    """

    every: Duration = _EVERY
    look_back: Duration = _LOOK_BACK

    def __post_init__(self) -> None:
        """Refuse what makes no sense: runs that overlap, or that leave hours out."""
        require_between("every", self.every.to_seconds(), 900, 86_400, unit="seconds")
        require(
            holds=self.look_back.to_seconds() >= 2 * self.every.to_seconds(),
            constraint="look_back must be at least twice every, or one run that fails leaves hours out",
        )


class Reconciliation(PipelineFunction):
    """Function that may list objects, read records, and send to the object queue; it touches no object's bytes.

    :param record_log_groups: every log group that a processor of this Region writes its records to. Objects that a
        processor has delivered whose log group isn't named here look like missed notifications.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        resources: ProcessorResources,
        record_log_groups: tuple[str, ...],
        schedule: ReconciliationSchedule | None = None,
    ) -> None:
        schedule = schedule or ReconciliationSchedule()
        require(holds=bool(record_log_groups), constraint="record_log_groups must name at least one log group")
        groups = [_arn(Stack.of(scope), name) for name in record_log_groups]
        # The service authorization reference names the group; policies in use name its streams, too. Both are meant.
        streams = [f"{arn}:*" for arn in groups]
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Hands over objects without a notification",
            role_description=_TASK,
            memory_mib=_MEMORY_MIB,
            timeout=_TIMEOUT,
            environment=_environment(resources, record_log_groups, schedule),
            permissions=_permissions(resources, [*groups, *streams]),
        )
        acknowledge_wildcards(
            self.policy, reason="The streams whose records it reads: Lambda and pods name them.", resources=(*streams,)
        )
        self.run_every(schedule.every, description=_TASK)


def _arn(stack: Stack, log_group_name: str) -> str:
    return stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _environment(
    resources: ProcessorResources, record_log_groups: tuple[str, ...], schedule: ReconciliationSchedule
) -> dict[str, str]:
    queue = resources.object_queue
    longest_work = queue.visibility_timeout.to_seconds() * queue.max_receive_count
    return {
        "CENTRAL_BUCKET": resources.bucket.bucket_name,
        "OBJECT_QUEUE_URL": queue.queue.queue_url,
        "PARKED_DELIVERIES_TABLE": resources.parked_deliveries.table_name,
        "RECORD_LOG_GROUPS": ",".join(record_log_groups),
        "OLDER_THAN_SECONDS": str(longest_work + _MARGIN.to_seconds()),
        "LOOK_BACK_SECONDS": str(schedule.look_back.to_seconds()),
    }


def _permissions(resources: ProcessorResources, record_log_groups: list[str]) -> list[iam.PolicyStatement]:
    return [
        allow_listing_objects(resources.bucket.bucket, sid="ListObjects"),
        iam.PolicyStatement(sid="ReadRecords", actions=["logs:FilterLogEvents"], resources=record_log_groups),
        iam.PolicyStatement(
            sid="HandOverAndSeeHowMuchWaits",
            actions=["sqs:SendMessage", "sqs:GetQueueAttributes"],
            resources=[resources.object_queue.queue.queue_arn],
        ),
        iam.PolicyStatement(
            sid="RememberProgress",
            actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
            resources=[resources.parked_deliveries.table_arn],
            conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PARTITION]}},
        ),
    ]
