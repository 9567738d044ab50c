"""The environments of the two functions that make test deliveries."""

from typing import Literal

from pydantic import Field

from runtime.deliveries.settings import DeliverySettings


class DeliveryTesterSettings(DeliverySettings):
    """What the stack sets, inside.

    ``outside_tester``: the function that tries the outside's methods; without it they can't be tested. ``pass_key_id``:
    the key of the passes that it is given. ``test_retry_seconds``: how long a refusal is tried again that IAM's delay
    may explain.
    """

    tenant_config_table: str
    tenants_table: str | None = None
    parked_deliveries_table: str
    central_log_distribution_role_arn: str
    outside_tester: str | None = None
    pass_key_id: str | None = None
    test_retry_seconds: float = Field(default=60, ge=0, le=60)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


class OutsideTesterSettings(DeliverySettings):
    """What the stack sets, outside: whatever is done for a tenant, the session issuer lets it."""

    tenant_config_table: str
    tenants_table: str | None = None
    central_log_distribution_role_arn: str
    session_issuer: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
