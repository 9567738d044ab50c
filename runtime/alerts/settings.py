"""The alert function's environment as a typed model, read once and passed down."""

from typing import Literal

from pydantic import Json

from runtime.environment import Environment


class AlertSettings(Environment):
    """The variables that the stack sets. ``clusters_by_role_id``: JSON, each cluster by its writer role's unique id."""

    aws_region: str
    alert_states_table: str
    alert_rules_table: str
    tenants_table: str
    central_log_distribution_role_arn: str
    clusters_by_role_id: Json[dict[str, str]]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
