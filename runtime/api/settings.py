"""The API's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """What the stack sets. Field names in upper case are the variables' names."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    tenant_config_table: str
    parked_deliveries_table: str
    central_bucket: str
    aws_region: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
