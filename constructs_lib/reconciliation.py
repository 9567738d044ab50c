"""What finds objects that no notification told of: a function with a role of its own, on a schedule."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.function_parts import acknowledge_pinned_runtime, function_role, run_every, write_own_log
from constructs_lib.limits import require, require_between
from constructs_lib.names import OBJECT_KEY_PREFIX
from constructs_lib.processor_environment import ProcessorTuning
from constructs_lib.processor_execution_role import ProcessorResources

HANDLER: Final = "runtime.reconciliation.lambda_handler.handler"
PARTITION: Final = "!reconciliation"
"""Its items in the table of parked deliveries: it may touch no other."""
_TIMEOUT: Final = Duration.minutes(15)
"""The longest that Lambda allows. Source: Lambda quotas, "Function timeout"."""
_MEMORY_MIB: Final = 512
_MARGIN: Final = Duration.hours(1)
_EVERY: Final = Duration.hours(6)
_LOOK_BACK: Final = Duration.days(3)


@dataclass(frozen=True, kw_only=True)
class ReconciliationPace:
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


class Reconciliation(Construct):
    """Function that may list objects, read records, and send to the object queue; it touches no object's bytes.

    :param code: the same asset as the processor's.
    :param record_log_groups: every log group that a processor of this Region writes its records to. One that is missing
        here makes what its processor has delivered look like what nothing told of.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        resources: ProcessorResources,
        record_log_groups: tuple[str, ...],
        tuning: ProcessorTuning,
        pace: ReconciliationPace | None = None,
        architecture: lambda_.Architecture = lambda_.Architecture.ARM_64,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        pace = pace or ReconciliationPace()
        require(holds=bool(record_log_groups), constraint="record_log_groups must name at least one log group")
        self.log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=RemovalPolicy.DESTROY)
        self.role = self._role(resources, record_log_groups)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Hands over objects that no notification told of",
            code=code,
            architecture=architecture,
            role=self.role,
            environment=_environment(resources, record_log_groups, tuning, pace),
            memory_size=_MEMORY_MIB,
            timeout=_TIMEOUT,
            log_group=self.log_group,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=HANDLER,
        )
        acknowledge_pinned_runtime(self.function)
        run_every(self, self.function, pace.every, description="Compares the bucket with the delivery records")

    def _role(self, resources: ProcessorResources, record_log_groups: tuple[str, ...]) -> iam.Role:
        role = function_role(self, description="Compares the bucket with the delivery records")
        policy = iam.Policy(self, "Policy", roles=[role])
        groups = [_arn(Stack.of(self), name) for name in record_log_groups]
        streams = [f"{arn}:*" for arn in groups]
        # The service authorization reference names the group; policies in use name its streams, too. Both are meant.
        policy.add_statements(*_statements(resources, [*groups, *streams], self.log_group))
        acknowledge_wildcards(
            policy,
            reason="The streams of its own log group, and of those whose records it reads: Lambda and pods name them.",
            resources=(self.log_group.log_group_arn, *streams),
        )
        return role


def _arn(stack: Stack, log_group_name: str) -> str:
    return stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _environment(
    resources: ProcessorResources, record_log_groups: tuple[str, ...], tuning: ProcessorTuning, pace: ReconciliationPace
) -> dict[str, str]:
    """Give the variables; ``AWS_REGION`` is Lambda's own to give."""
    queue = resources.object_queue
    longest_work = queue.visibility_timeout.to_seconds() * queue.max_receive_count
    return {
        "CENTRAL_BUCKET": resources.bucket.bucket_name,
        "OBJECT_QUEUE_URL": queue.queue.queue_url,
        "PARKED_DELIVERIES_TABLE": resources.parked_deliveries.table_name,
        "RECORD_LOG_GROUPS": ",".join(record_log_groups),
        "OLDER_THAN_SECONDS": str(longest_work + _MARGIN.to_seconds()),
        "LOOK_BACK_SECONDS": str(pace.look_back.to_seconds()),
        "LOG_LEVEL": tuning.log_level,
    }


def _statements(
    resources: ProcessorResources, record_log_groups: list[str], log_group: logs.LogGroup
) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="ListObjects",
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=[resources.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{OBJECT_KEY_PREFIX}*"}},
        ),
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
        write_own_log(log_group),
    ]
