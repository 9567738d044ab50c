"""What hands parked deliveries over again by itself: a function with a role of its own, a stream and a schedule."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.function_parts import acknowledge_pinned_runtime, function_role, run_every, write_own_log
from constructs_lib.limits import require, require_between
from constructs_lib.names import OBJECT_KEY_PREFIX
from constructs_lib.parked_deliveries_table import INDEXES
from constructs_lib.processor_environment import ProcessorTuning
from constructs_lib.processor_execution_role import ProcessorResources

HANDLER: Final = "runtime.resumption.lambda_handler.handler"
_EVERY: Final = Duration.minutes(1)
_MEMORY_MIB: Final = 512
"""For its processor share: what it holds itself is a tenth."""
_STREAM_RETRIES: Final = 3
"""Then the schedule finds what the record would have told."""


@dataclass(frozen=True, kw_only=True)
class ResumptionPace:
    """How fast, and how often.

    :param per_second: deliveries handed over again in a second, by one invocation.
    :param every: how often it is looked whether anything is due, and how long one invocation may take.
    """

    per_second: int = 20
    every: Duration = _EVERY

    def __post_init__(self) -> None:
        """Refuse what EventBridge would (nothing is shorter than a minute) and Lambda (nothing over 15)."""
        require_between("per_second", self.per_second, 1, 1000)
        require_between("every", self.every.to_seconds(), 60, 900, unit="seconds")


class Resumption(Construct):
    """Function that may read configs and parked deliveries and send delivery messages; it touches no object's bytes.

    :param code: the same asset as the processor's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        resources: ProcessorResources,
        tuning: ProcessorTuning,
        pace: ResumptionPace | None = None,
        architecture: lambda_.Architecture = lambda_.Architecture.ARM_64,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        pace = pace or ResumptionPace()
        config_stream_arn = resources.delivery_configs.table_stream_arn
        require(
            holds=config_stream_arn is not None,
            constraint="resources.delivery_configs must have a stream: a changed config is what resumes first",
        )
        assert config_stream_arn is not None
        self.log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=RemovalPolicy.DESTROY)
        self.role = self._role(resources, config_stream_arn)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Resumes parked deliveries and works off replays",
            code=code,
            architecture=architecture,
            role=self.role,
            environment=_environment(resources, tuning, pace),
            memory_size=_MEMORY_MIB,
            timeout=Duration.seconds(pace.every.to_seconds()),
            log_group=self.log_group,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=HANDLER,
        )
        acknowledge_pinned_runtime(self.function)
        self.function.add_event_source_mapping(
            "ConfigChanges",
            event_source_arn=config_stream_arn,
            starting_position=lambda_.StartingPosition.LATEST,
            batch_size=100,
            retry_attempts=_STREAM_RETRIES,
        )
        run_every(
            self, self.function, pace.every, description="Looks whether a parked delivery's destination works again"
        )

    def _role(self, resources: ProcessorResources, config_stream_arn: str) -> iam.Role:
        role = function_role(self, description="Resumes parked deliveries")
        policy = iam.Policy(self, "Policy", roles=[role])
        for statement in _statements(resources, config_stream_arn, self.log_group):
            policy.add_statements(statement)
        acknowledge_wildcards(
            policy,
            reason="The streams of its own log group, which Lambda names; streams can be listed only in all.",
            resources=(self.log_group.log_group_arn, "*"),
        )
        return role


def _environment(resources: ProcessorResources, tuning: ProcessorTuning, pace: ResumptionPace) -> dict[str, str]:
    """Give the variables; ``AWS_REGION`` is Lambda's own to give."""
    return {
        "CENTRAL_BUCKET": resources.bucket.bucket_name,
        "TENANT_CONFIG_TABLE": resources.delivery_configs.table_name,
        "PARKED_DELIVERIES_TABLE": resources.parked_deliveries.table_name,
        "DELIVERY_QUEUE_URL": resources.delivery_queue.queue.queue_url,
        "LOG_LEVEL": tuning.log_level,
        "DELIVERY_SCHEDULE_SECONDS": str(tuning.delivery_schedule.to_seconds()),
        "RESUME_PER_SECOND": str(pace.per_second),
    }


def _statements(
    resources: ProcessorResources, config_stream_arn: str, log_group: logs.LogGroup
) -> list[iam.PolicyStatement]:
    parked = resources.parked_deliveries.table_arn
    return [
        iam.PolicyStatement(
            sid="ReadParkedDeliveries",
            actions=["dynamodb:Query"],
            resources=[parked, *(f"{parked}/index/{name}" for name in INDEXES if name != "by-reason")],
        ),
        iam.PolicyStatement(
            sid="ResumeParkedDeliveries",
            actions=["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            resources=[parked],
        ),
        iam.PolicyStatement(
            sid="ReadDeliveryConfigs", actions=["dynamodb:Query"], resources=[resources.delivery_configs.table_arn]
        ),
        iam.PolicyStatement(
            sid="FollowDeliveryConfigs",
            actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            resources=[config_stream_arn],
        ),
        iam.PolicyStatement(
            # Service authorization reference, DynamoDB: ListStreams takes no resource but its tables' streams in all.
            sid="FindStreams",
            actions=["dynamodb:ListStreams"],
            resources=["*"],
        ),
        iam.PolicyStatement(
            sid="HandOver", actions=["sqs:SendMessage"], resources=[resources.delivery_queue.queue.queue_arn]
        ),
        iam.PolicyStatement(
            sid="ListObjects",
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=[resources.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{OBJECT_KEY_PREFIX}*"}},
        ),
        write_own_log(log_group),
    ]
