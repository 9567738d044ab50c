"""What the endpoints about tenants answer."""

from pydantic import BaseModel, Field

from runtime.api.tenant_store import StoredTenant
from runtime.delivery_config.tenant_record import TenantRecord


class TenantView(BaseModel):
    """A tenant that has delivery configs or a record."""

    tenant_id: str
    types: list[str] = Field(description="of its delivery configs, expired and invalid ones included")
    state: str | None = Field(
        default=None, description="`active`, `suspended`, `leaving`, or `invalid`; absent: it has no record"
    )


class TenantPageView(BaseModel):
    """One page of tenants."""

    tenants: list[TenantView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")


def view(stored: StoredTenant) -> dict[str, object]:
    """Return a stored record as an answer. It must be readable."""
    assert isinstance(stored.record, TenantRecord)
    return stored.record.model_dump(mode="json", exclude_none=True)
