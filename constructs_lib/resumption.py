"""The function that resumes parked deliveries and redrives dead letters: on schedules, with a role of its own."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.central_log_bucket import allow_listing_objects
from constructs_lib.limits import require, require_between
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.processor_execution_role import OutsideLink, ProcessorResources
from constructs_lib.tables import INDEXES, read_tenants
from runtime.resumption.lambda_handler import REDRIVE

HANDLER: Final = "runtime.resumption.lambda_handler.handler"
_EVERY: Final = Duration.minutes(1)
_MEMORY_MIB: Final = 512
"""For its processor share: what it holds itself is a tenth."""
_DEAD_LETTERS_EVERY: Final = Duration.minutes(10)
"""As long as a dead letter waits at least before it is sent again: ``runtime.resumption.dead_letters``."""
_STREAM_RETRIES: Final = 3
"""Then the schedule finds what the record would have reported."""


@dataclass(frozen=True, kw_only=True)
class ResumptionRate:
    """How fast, and how often.

    :param per_second: deliveries handed over again in a second, by one invocation.
    :param every: interval of the schedule, and how long one invocation may take.
    """

    per_second: int = 20
    every: Duration = _EVERY

    def __post_init__(self) -> None:
        """Refuse what EventBridge would (nothing is shorter than a minute) and Lambda (nothing over 15)."""
        require_between("per_second", self.per_second, 1, 1000)
        require_between("every", self.every.to_seconds(), 60, 900, unit="seconds")


class Resumption(PipelineFunction):
    """Function that may read configs and parked deliveries, take dead letters, and send messages; it reads no object.

    :param delivery_schedule: how long a resumed delivery is tried before it is parked again.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        resources: ProcessorResources,
        delivery_schedule: Duration,
        rate: ResumptionRate | None = None,
    ) -> None:
        rate = rate or ResumptionRate()
        config_stream_arn = resources.delivery_configs.table_stream_arn
        require(
            holds=config_stream_arn is not None,
            constraint="resources.delivery_configs must have a stream: a changed config is what resumes first",
        )
        assert config_stream_arn is not None
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Resumes parked deliveries and works off replays",
            role_description="Resumes parked deliveries",
            memory_mib=_MEMORY_MIB,
            timeout=Duration.seconds(rate.every.to_seconds()),
            environment=_environment(resources, delivery_schedule, rate),
            permissions=_permissions(resources, config_stream_arn),
        )
        acknowledge_wildcards(
            self.policy,
            reason="DynamoDB lists a table's streams only together with all others.",
            resources=("*",),
        )
        self.function.add_event_source_mapping(
            "ConfigChanges",
            event_source_arn=config_stream_arn,
            starting_position=lambda_.StartingPosition.LATEST,
            batch_size=100,
            retry_attempts=_STREAM_RETRIES,
        )
        self.run_every(rate.every, description="Checks whether a parked delivery's destination works again")
        self.run_every(
            _DEAD_LETTERS_EVERY,
            description="Redrives dead letters that have no reason of their own",
            schedule_id="DeadLetterSchedule",
            event=REDRIVE,
        )


def _environment(resources: ProcessorResources, delivery_schedule: Duration, rate: ResumptionRate) -> dict[str, str]:
    return {
        "CENTRAL_BUCKET": resources.bucket.bucket_name,
        "TENANT_CONFIG_TABLE": resources.delivery_configs.table_name,
        "TENANTS_TABLE": resources.tenants.table_name,
        "PARKED_DELIVERIES_TABLE": resources.parked_deliveries.table_name,
        "OBJECT_QUEUE_URL": resources.object_queue.queue.queue_url,
        "OBJECT_DLQ_URL": resources.object_queue.dead_letter_queue.queue_url,
        "DELIVERY_QUEUE_URL": resources.delivery_queue.queue.queue_url,
        "DELIVERY_DLQ_URL": resources.delivery_queue.dead_letter_queue.queue_url,
        "DELIVERY_SCHEDULE_SECONDS": str(delivery_schedule.to_seconds()),
        "RESUME_PER_SECOND": str(rate.per_second),
        **(_outside_environment(resources.outside) if resources.outside else {}),
    }


def _outside_environment(outside: OutsideLink) -> dict[str, str]:
    return {**outside.environment(), "OUTSIDE_DLQ_URL": outside.queue.dead_letter_queue.queue_url}


def _permissions(resources: ProcessorResources, config_stream_arn: str) -> list[iam.PolicyStatement]:
    parked = resources.parked_deliveries.table_arn
    outside = resources.outside
    queues = [resources.object_queue, resources.delivery_queue, *([outside.queue] if outside else [])]
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
        read_tenants(resources.tenants),
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
            sid="SendAgain", actions=["sqs:SendMessage"], resources=[queue.queue.queue_arn for queue in queues]
        ),
        iam.PolicyStatement(
            sid="TakeDeadLetters",
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            resources=[queue.dead_letter_queue.queue_arn for queue in queues],
        ),
        allow_listing_objects(resources.bucket.bucket, sid="ListObjects"),
        *(outside.permissions()[1:] if outside else ()),  # it sends to the queue as to the others
    ]
