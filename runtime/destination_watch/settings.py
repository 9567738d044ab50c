"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.metrics.catalogue import NAMESPACE


class DestinationWatchSettings(BaseSettings):
    """What the stack sets. Field names in upper case are the variables' names."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    aws_region: str
    tenant_config_table: str
    parked_deliveries_table: str
    late_seconds: float = Field(gt=0)
    silent_seconds: float = Field(gt=0)
    metrics_namespace: str = NAMESPACE
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
