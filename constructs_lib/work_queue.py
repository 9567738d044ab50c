"""A queue of work with its dead-letter queue: the shape that the object queue and the delivery queue share."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.limits import require, require_between, require_longer

RETENTION_LIMIT: Final = Duration.days(14)
"""Longest time that SQS keeps a message. Source: SQS quotas, "Message retention"."""

VISIBILITY_LIMIT: Final = Duration.hours(12)
"""Source: SQS quotas, "Message visibility timeout"."""

_RETENTION: Final = Duration.days(7)
_RECEIVE_COUNT_LIMIT: Final = 1000
"""Source: SQS API reference, RedrivePolicy: maxReceiveCount 1-1,000."""


class WorkQueue(Construct):
    """Standard queue, SSE-SQS, TLS only, and a dead-letter queue that keeps what failed as long as SQS can.

    :param visibility_timeout: how long a received message stays hidden; the function that reads the queue requires
        six times its own timeout.
    :param max_receive_count: receives after which SQS itself moves a message to the dead-letter queue.
    :param retention: how long unread work is kept; the dead-letter queue keeps it longer, as SQS counts from the
        first sending.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility_timeout: Duration,
        max_receive_count: int,
        removal_policy: RemovalPolicy,
        retention: Duration = _RETENTION,
        dead_letter_retention: Duration = RETENTION_LIMIT,
    ) -> None:
        super().__init__(scope, construct_id)
        _require_possible(visibility_timeout, max_receive_count, retention, dead_letter_retention)
        self.visibility_timeout = visibility_timeout
        self.max_receive_count = max_receive_count
        self.dead_letter_retention = dead_letter_retention
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=dead_letter_retention,
            removal_policy=removal_policy,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=visibility_timeout,
            retention_period=retention,
            receive_message_wait_time=Duration.seconds(20),
            removal_policy=removal_policy,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=max_receive_count),
        )


def _require_possible(
    visibility_timeout: Duration, max_receive_count: int, retention: Duration, dead_letter_retention: Duration
) -> None:
    require_between(
        "visibility_timeout", visibility_timeout.to_seconds(), 1, VISIBILITY_LIMIT.to_seconds(), unit="seconds"
    )
    require_between("max_receive_count", max_receive_count, 1, _RECEIVE_COUNT_LIMIT)
    require(
        holds=dead_letter_retention.to_seconds() <= RETENTION_LIMIT.to_seconds(),
        constraint=f"dead_letter_retention must be at most {RETENTION_LIMIT.to_human_string()}",
    )
    require_longer(
        ("dead_letter_retention", dead_letter_retention),
        ("retention", retention),
        "a message keeps its age when it moves, and must not expire on arrival",
    )
