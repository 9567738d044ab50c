"""What the endpoint about tenants answers."""

from pydantic import BaseModel, Field


class TenantView(BaseModel):
    """A tenant that has delivery configs."""

    tenant_id: str
    types: list[str] = Field(description="of its delivery configs, expired and invalid ones included")


class TenantPageView(BaseModel):
    """One page of tenants."""

    tenants: list[TenantView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")
