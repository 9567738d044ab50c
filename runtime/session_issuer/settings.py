"""The function's environment as a typed model, read once and passed down."""

from typing import Literal

from runtime.environment import Environment


class SessionIssuerSettings(Environment):
    """The variables that the stack sets."""

    aws_region: str
    tenant_config_table: str
    central_log_distribution_role_arn: str
    outside_reader_role_arn: str
    pass_key_id: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
