"""The settings that delivery methods read: a part of the processor's environment."""

from typing import Literal

from pydantic import Field

from runtime.environment import Environment

GIB = 1024**3
S3_COPY_LIMIT_BYTES = 5 * GIB  # S3 API reference, CopyObject: "up to 5 GB in size in a single atomic action"


class DeliverySettings(Environment):
    """What a delivery method may be configured with by the host's environment."""

    central_bucket: str
    aws_region: str
    cloudwatch_engine: Literal["native", "vector"] = "native"
    copy_threshold_bytes: int = Field(default=S3_COPY_LIMIT_BYTES, gt=0, le=S3_COPY_LIMIT_BYTES)
    vector_binary: str = "vector"
    allow_loopback: bool = False  # for tests and the embedded cloud: endpoints on this machine
