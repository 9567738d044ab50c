"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ResumptionSettings(BaseSettings):
    """What the stack sets. Field names in upper case are the variables' names."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    aws_region: str
    central_bucket: str
    tenant_config_table: str
    parked_deliveries_table: str
    delivery_queue_url: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    delivery_schedule_seconds: float = Field(default=86_400, gt=0)
    resume_per_second: float = Field(default=20, gt=0)
