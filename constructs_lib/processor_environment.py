"""The processor's environment on its hosts. The fields are those of the processor's settings model."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import require, require_between
from constructs_lib.names import central_role_arn
from constructs_lib.outside_reader import TenantData
from constructs_lib.processor_execution_role import ProcessorResources
from constructs_lib.queues import WorkQueue
from runtime.delivery_config.facts import Placement
from runtime.metrics.catalogue import NAMESPACE

_COPY_LIMIT: Final = 5 * 1024**3
"""The largest object that one CopyObject copies: 5 GiB. Source: S3 API reference, CopyObject."""
_CONFIG_CACHE: Final = Duration.seconds(300)
_DELIVERY_SCHEDULE: Final = Duration.days(1)
_STATUS_INTERVAL: Final = Duration.minutes(5)
_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


class CloudWatchEngine(StrEnum):
    """How CloudWatch deliveries are sent."""

    NATIVE = "native"
    VECTOR = "vector"


@dataclass(frozen=True, kw_only=True)
class ProcessorTuning:
    """What a stage may choose about the processor's work. Bytes are bytes.

    :param config_cache: how long a tenant's delivery configs are remembered where no change of them is noted.
    :param tenants_remembered: of how many a process keeps sessions and configs.
    :param status_interval: between two notes that a destination works, in each process.
    :param copy_threshold_bytes: objects over it are copied in parts.
    :param max_uncompressed_bytes: an object that expands further is corrupt.
    :param allow_loopback: customers' endpoints may be on the processor's own machine: for the embedded cloud alone.
    :param vector_binary: where the Vector engine finds its program; a layer's lies under ``/opt``.
    """

    engine: CloudWatchEngine = CloudWatchEngine.NATIVE
    log_level: str = "INFO"
    config_cache: Duration = _CONFIG_CACHE
    tenants_remembered: int = 8192
    copy_threshold_bytes: int = _COPY_LIMIT
    max_uncompressed_bytes: int = 10 * 1024**3
    delivery_schedule: Duration = _DELIVERY_SCHEDULE
    status_interval: Duration = _STATUS_INTERVAL
    vector_binary: str = "vector"
    allow_loopback: bool = False

    def __post_init__(self) -> None:
        """Refuse what the processor would refuse, or what S3 can't do."""
        require_between("copy_threshold_bytes", self.copy_threshold_bytes, 1, _COPY_LIMIT, unit="bytes")
        require_between("config_cache", self.config_cache.to_seconds(), 0, 900, unit="seconds")
        require_between("tenants_remembered", self.tenants_remembered, 1, 100_000, unit="tenants")
        require(holds=self.log_level in _LOG_LEVELS, constraint=f"log_level must be one of {', '.join(_LOG_LEVELS)}")


def processor_environment(*, resources: ProcessorResources, tuning: ProcessorTuning, account: str) -> dict[str, str]:
    """Return the variables that every host sets; ``AWS_REGION`` is the host's own to give."""
    return {
        "TENANT_CONFIG_TABLE": resources.delivery_configs.table_name,
        "TENANTS_TABLE": resources.tenants.table_name,
        "PARKED_DELIVERIES_TABLE": resources.parked_deliveries.table_name,
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role_arn(account),
        "CENTRAL_BUCKET": resources.bucket.bucket_name,
        "DELIVERY_QUEUE_URL": resources.delivery_queue.queue.queue_url,
        "OBJECT_DLQ_URL": resources.object_queue.dead_letter_queue.queue_url,
        "DELIVERY_DLQ_URL": resources.delivery_queue.dead_letter_queue.queue_url,
        "CLOUDWATCH_ENGINE": tuning.engine.value,
        "COPY_THRESHOLD_BYTES": str(tuning.copy_threshold_bytes),
        "VECTOR_BINARY": tuning.vector_binary,
        "LOGROUTER_PLACEMENT": Placement.INSIDE.value,
        **_tuned(tuning),
        **(resources.outside.environment() if resources.outside else {}),
    }


def outside_environment(
    *, tenants: TenantData, queue: WorkQueue, issuer: lambda_.IFunction, tuning: ProcessorTuning, account: str
) -> dict[str, str]:
    """Return the variables of the outside processor, on every host.

    It has one queue, and its dead letters; whatever it does for a tenant, the session issuer lets it.
    """
    return {
        "TENANT_CONFIG_TABLE": tenants.delivery_configs.table_name,
        "TENANTS_TABLE": tenants.records.table_name,
        "PARKED_DELIVERIES_TABLE": tenants.parked_deliveries.table_name,
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role_arn(account),
        "CENTRAL_BUCKET": tenants.bucket.bucket_name,
        "LOGROUTER_PLACEMENT": Placement.OUTSIDE.value,
        "SESSION_ISSUER": issuer.function_name,
        "DELIVERY_QUEUE_URL": queue.queue.queue_url,
        "DELIVERY_DLQ_URL": queue.dead_letter_queue.queue_url,
        **_tuned(tuning),
    }


def _tuned(tuning: ProcessorTuning) -> dict[str, str]:
    return {
        "LOG_LEVEL": tuning.log_level,
        "CONFIG_CACHE_SECONDS": str(tuning.config_cache.to_seconds()),
        "TENANTS_REMEMBERED": str(tuning.tenants_remembered),
        "MAX_UNCOMPRESSED_BYTES": str(tuning.max_uncompressed_bytes),
        "DELIVERY_SCHEDULE_SECONDS": str(tuning.delivery_schedule.to_seconds()),
        "STATUS_INTERVAL_SECONDS": str(tuning.status_interval.to_seconds()),
        "METRICS_NAMESPACE": NAMESPACE,
        "ALLOW_LOOPBACK": str(tuning.allow_loopback),
    }


def poller_environment(
    *, resources: ProcessorResources, tuning: ProcessorTuning, account: str, region: str
) -> dict[str, str]:
    """Return the variables of one poller's Deployment: the queue it reads, and its Region."""
    return {
        **processor_environment(resources=resources, tuning=tuning, account=account),
        "AWS_REGION": region,
        "SQS_QUEUE_URL": resources.object_queue.queue.queue_url,
    }
