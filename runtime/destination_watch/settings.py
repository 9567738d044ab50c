"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field

from runtime.environment import Environment
from runtime.metrics.catalogue import NAMESPACE


class DestinationWatchSettings(Environment):
    """What the stack sets."""

    aws_region: str
    tenant_config_table: str
    parked_deliveries_table: str
    late_seconds: float = Field(gt=0)
    silent_seconds: float = Field(gt=0)
    metrics_namespace: str = NAMESPACE
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
