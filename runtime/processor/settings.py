"""The processor's environment as a typed model, read once by the host and passed down."""

import re
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator

from runtime.bounded_map import TENANTS_REMEMBERED
from runtime.deliveries.settings import GIB, DeliverySettings
from runtime.delivery_config.facts import Placement
from runtime.metrics.catalogue import NAMESPACE

ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z0-9-]*):iam::(?P<account>[0-9]{12}):role/.+")


class ProcessorSettings(DeliverySettings):
    """The variables that a stack, a manifest or a person sets.

    ``session_issuer``: the function that gives the outside processor its sessions; without it, roles are assumed.
    ``pass_key_id``: the key in KMS that deliveries for the outside processor are signed with.
    ``logrouter_placement``: whose methods deliver here; those of the other placement are handed over, to
    ``outside_queue_url`` where that is set.
    ``tenants_remembered``: of how many tenants sessions and configs are kept in memory.
    """

    tenant_config_table: str
    central_log_distribution_role_arn: str

    session_issuer: str | None = None
    pass_key_id: str | None = None
    outside_queue_url: str | None = None
    logrouter_placement: Literal["inside", "outside", "all"] = "all"
    delivery_queue_url: str | None = None
    object_dlq_url: str | None = None
    delivery_dlq_url: str | None = None
    parked_deliveries_table: str | None = None
    tenants_table: str | None = None
    sqs_queue_url: str | None = None
    heartbeat_file: str | None = None

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    config_cache_seconds: float = Field(default=300, ge=0)
    tenants_remembered: int = Field(default=TENANTS_REMEMBERED, gt=0)
    max_uncompressed_bytes: int = Field(default=10 * GIB, gt=0)
    delivery_schedule_seconds: float = Field(default=86_400, gt=0)
    status_interval_seconds: float = Field(default=300, ge=0)
    metrics_namespace: str = NAMESPACE

    @field_validator("central_log_distribution_role_arn")
    @classmethod
    def _is_role_arn(cls, value: str) -> str:
        if not ROLE_ARN.fullmatch(value):
            raise ValueError("must be the ARN of an IAM role: arn:<partition>:iam::<12 digits>:role/<path and name>")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The placements whose methods deliver here; none named: all."""
        return () if self.logrouter_placement == "all" else (Placement(self.logrouter_placement),)

    @cached_property
    def partition(self) -> str:
        """The partition of the central role: ``aws``, ``aws-us-gov``, ``aws-cn``."""
        return self.central_log_distribution_role_arn.split(":")[1]

    @cached_property
    def central_account_id(self) -> str:
        """The central account, which is also the default ExternalId (contract §3)."""
        return self.central_log_distribution_role_arn.split(":")[4]
