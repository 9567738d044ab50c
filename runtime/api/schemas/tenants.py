"""What the endpoints about tenants answer."""

from typing import TYPE_CHECKING

from pydantic import Field

from runtime.api.schemas.schema import Schema

if TYPE_CHECKING:
    from runtime.api.tenant_store import StoredTenant  # a client stores none


class TenantView(Schema):
    """A tenant that has delivery configs or a record."""

    tenant_id: str
    types: list[str] = Field(description="of its delivery configs, expired and invalid ones included")
    state: str | None = Field(
        default=None, description="`active`, `suspended`, `leaving`, or `invalid`; absent: it has no record"
    )


class TenantPageView(Schema):
    """One page of tenants."""

    tenants: list[TenantView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")


def view(stored: "StoredTenant") -> dict[str, object]:
    """Return a stored record as an answer. It must be readable."""
    from runtime.delivery_config.tenant_record import TenantRecord  # noqa: PLC0415 - as above

    assert isinstance(stored.record, TenantRecord)
    return stored.record.model_dump(mode="json", exclude_none=True)
