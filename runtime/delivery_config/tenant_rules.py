"""What a tenant's record lets its delivery configs name: checked when one is written, and at each delivery."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from runtime.delivery_config.external_ids import NOT_THE_TENANTS, is_anothers
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import TenantConfigs
from runtime.delivery_config.tenant_record import LEAVING, SUSPENDED, TenantRecord
from runtime.errors import TENANT_SUSPENDED, DeliveryError, HeldBackError, RetryableError

ACCOUNT_NOT_ALLOWED: Final = "account-not-allowed"
REGION_NOT_ALLOWED: Final = "region-not-allowed"
NOT_READABLE: Final = "tenant-not-readable"
TENANT_LEAVING: Final = "tenant-leaving"
CLUSTER_NOT_ALLOWED: Final = "cluster-not-of-tenant"


class Bounded(Protocol):
    """What a tenant's record bounds: a delivery config whose Region is filled in (``in_region``), or an alert rule."""

    @property
    def tenant_id(self) -> str:
        """Whose it is."""

    @property
    def enabled(self) -> bool:
        """Whether it is in use."""

    @property
    def external_id(self) -> str | None:
        """The ExternalId that it names."""

    @property
    def accounts(self) -> Mapping[str, str | None]:
        """The accounts that it reaches, by the field that names one; ``None`` where the field is left out."""

    @property
    def regions(self) -> Mapping[str, str | None]:
        """The Regions that it reaches, by field."""


@dataclass(frozen=True, slots=True)
class RecordConflict:
    """Why a config isn't delivered by. ``reason``: a stable word; ``field`` and ``problem`` for people."""

    reason: str
    field: str
    problem: str


def conflicts(record: TenantRecord, config: Bounded) -> Iterator[RecordConflict]:
    """Yield what the tenant's record doesn't allow of it."""
    if record.accounts:
        for field, account in config.accounts.items():
            if account is None and len(record.accounts) > 1:
                yield RecordConflict(
                    ACCOUNT_NOT_ALLOWED, field, "must name one of the tenant's accounts: it has several"
                )
            elif account is not None and account not in record.accounts:
                yield RecordConflict(ACCOUNT_NOT_ALLOWED, field, f"is of account {account}, which isn't the tenant's")
    if record.allowed_regions:
        for field, region in config.regions.items():
            if region not in record.allowed_regions:
                allowed = ", ".join(record.allowed_regions)
                yield RecordConflict(REGION_NOT_ALLOWED, field, f"delivers to {region}; allowed: {allowed}")


def held_back(tenant: TenantConfigs, config: DeliveryConfig) -> DeliveryError | None:
    """Return why nothing may be delivered by a config; ``None`` if it may.

    A config that was written under a record waits until one of at least that version is read: the defaults would let
    through what the record forbids.
    """
    record = tenant.record
    if is_anothers(config.external_id, tenant.tenant_id):
        return HeldBackError(NOT_THE_TENANTS, "external_id was issued to another tenant")
    if not isinstance(record, TenantRecord) or record.version < (config.tenant_version or 0):
        if record is None and not config.tenant_version:
            return None
        return RetryableError(NOT_READABLE, "the tenant's record can't be read as its delivery configs demand it")
    if record.state == SUSPENDED:
        return HeldBackError(TENANT_SUSPENDED, "the tenant is suspended")
    conflict = next(conflicts(record, config), None)
    return HeldBackError(conflict.reason, f"{conflict.field} {conflict.problem}") if conflict else None


def passed_over(tenant: TenantConfigs, cluster_id: str) -> str | None:
    """Return why a new object of a tenant isn't delivered at all; ``None`` if it is."""
    record = tenant.record
    if not isinstance(record, TenantRecord):
        return None
    if record.state == LEAVING:
        return TENANT_LEAVING
    return CLUSTER_NOT_ALLOWED if record.cluster_ids and cluster_id not in record.cluster_ids else None
