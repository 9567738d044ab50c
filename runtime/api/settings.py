"""The API's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Field

from runtime.environment import Environment


class ApiSettings(Environment):
    """What the stack sets."""

    tenant_config_table: str
    tenants_table: str
    parked_deliveries_table: str
    alert_rules_table: str
    alert_states_table: str | None = None  # where the installation has alerts
    central_bucket: str
    aws_region: str
    central_account_id: str
    max_configs: int = Field(default=50, gt=0)
    max_alert_rules: int = Field(default=50, gt=0)
    max_running_replays: int = Field(default=5, gt=0)
    max_writes_a_minute: int = Field(default=20, gt=0)
    tester: str | None = None  # the function that makes test deliveries
    allow_loopback: bool = False  # as the processor's: for tests and the embedded cloud
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
