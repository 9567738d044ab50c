"""The processor's environment as a typed model, read once by the host and passed down."""

import re
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator

from runtime.environment import Environment
from runtime.metrics.catalogue import NAMESPACE

GIB = 1024**3
ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z0-9-]*):iam::(?P<account>[0-9]{12}):role/.+")
S3_COPY_LIMIT_BYTES = 5 * GIB  # S3 API reference, CopyObject: "up to 5 GB in size in a single atomic action"


class ProcessorSettings(Environment):
    """What the stack, the manifest or a person by hand sets."""

    tenant_config_table: str
    central_log_distribution_role_arn: str
    central_bucket: str
    aws_region: str

    delivery_queue_url: str | None = None
    object_dlq_url: str | None = None
    delivery_dlq_url: str | None = None
    parked_deliveries_table: str | None = None
    sqs_queue_url: str | None = None
    heartbeat_file: str | None = None

    cloudwatch_engine: Literal["native", "vector"] = "native"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    config_cache_seconds: float = Field(default=60, ge=0)
    copy_threshold_bytes: int = Field(default=S3_COPY_LIMIT_BYTES, gt=0, le=S3_COPY_LIMIT_BYTES)
    max_uncompressed_bytes: int = Field(default=10 * GIB, gt=0)
    delivery_schedule_seconds: float = Field(default=86_400, gt=0)
    status_interval_seconds: float = Field(default=300, ge=0)
    metrics_namespace: str = NAMESPACE
    vector_binary: str = "vector"

    @field_validator("central_log_distribution_role_arn")
    @classmethod
    def _is_role_arn(cls, value: str) -> str:
        if not ROLE_ARN.fullmatch(value):
            raise ValueError("must be the ARN of an IAM role: arn:<partition>:iam::<12 digits>:role/<path and name>")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @cached_property
    def partition(self) -> str:
        """The partition of the central role: ``aws``, ``aws-us-gov``, ``aws-cn``."""
        return self.central_log_distribution_role_arn.split(":")[1]

    @cached_property
    def central_account_id(self) -> str:
        """The central account, which is also the default ExternalId (contract §3)."""
        return self.central_log_distribution_role_arn.split(":")[4]
