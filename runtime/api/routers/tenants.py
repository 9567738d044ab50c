"""Which tenants there are: those with delivery configs."""

import base64
import binascii
import json
from typing import Annotated

from fastapi import APIRouter, Query

from runtime.api.errors.problems import invalid
from runtime.api.requests.parameters import ServicesOf, no_query
from runtime.api.schemas.tenants import TenantPageView, TenantView
from runtime.delivery_config.model import is_delivery_type, is_tenant_id
from runtime.delivery_config.tenants import tenant_page

router = APIRouter(prefix="/tenants", tags=["tenants"])
Limit = Annotated[int, Query(ge=1, le=100, description="tenants of one page")]
Token = Annotated[str | None, Query(max_length=400, description="`next_token` of the page before")]


@router.get(
    "",
    operation_id="list_tenants",
    response_model_exclude_none=True,
    dependencies=[no_query("limit", "next_token")],
)
def list_tenants(services: ServicesOf, limit: Limit = 100, next_token: Token = None) -> TenantPageView:
    """List the tenants that have delivery configs, in an order of the table's own."""
    after = None if next_token is None else _read_token(next_token)
    page = tenant_page(services.clients, services.settings.tenant_config_table, limit, after)
    return TenantPageView(
        tenants=[TenantView(tenant_id=each.tenant_id, types=list(each.types)) for each in page.tenants],
        next_token=None if page.after is None else _token(page.after),
    )


def _token(after: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(after, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[str, str]:
    """Return the item behind which a page begins. Raises 422 for a token that no page gave."""
    try:
        padded = token + "=" * (-len(token) % 4)
        tenant_id, type_ = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        if is_tenant_id(tenant_id) and is_delivery_type(type_) and _token((tenant_id, type_)) == token:
            return tenant_id, type_
    except (binascii.Error, UnicodeError, ValueError, TypeError):
        pass
    raise invalid("invalid-request", "pass next_token unchanged", [("next_token", "isn't the token of a page")])
