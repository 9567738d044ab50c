"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field

from runtime.environment import Environment


class ResumptionSettings(Environment):
    """The variables that the stack sets; those of the outside where there is one."""

    aws_region: str
    central_bucket: str
    tenant_config_table: str
    parked_deliveries_table: str
    tenants_table: str | None = None
    object_queue_url: str
    object_dlq_url: str
    delivery_queue_url: str
    delivery_dlq_url: str
    outside_queue_url: str | None = None
    outside_dlq_url: str | None = None
    pass_key_id: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    delivery_schedule_seconds: float = Field(default=86_400, gt=0)
    resume_per_second: float = Field(default=20, gt=0)
