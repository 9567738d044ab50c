"""The API's environment as a typed model, read once and passed down."""

from typing import Literal

from runtime.environment import Environment


class ApiSettings(Environment):
    """What the stack sets."""

    tenant_config_table: str
    parked_deliveries_table: str
    central_bucket: str
    aws_region: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
