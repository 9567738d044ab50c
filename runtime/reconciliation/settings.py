"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field

from runtime.environment import Environment


class ReconciliationSettings(Environment):
    """What the stack sets."""

    aws_region: str
    central_bucket: str
    object_queue_url: str
    parked_deliveries_table: str
    record_log_groups: str = Field(min_length=1, description="comma-separated")
    older_than_seconds: float = Field(default=7_200, ge=0)
    look_back_seconds: float = Field(default=259_200, gt=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
