"""Tenants: the list of them, and each one's record, which binds its delivery configs.

What an operator decides (state, accounts, Regions) is changed at the tenant's own path, which a policy for a tenant's
paths below it (``tenants/acme-corp/*``) doesn't have.
"""

import base64
import binascii
import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from runtime.api.errors.problems import invalid
from runtime.api.middleware.caller import caller_of
from runtime.api.requests.json_body import json_object, merge_patch
from runtime.api.requests.parameters import ServicesOf, TenantId, Wanted, no_query
from runtime.api.schemas.tenants import TenantPageView, TenantView, view
from runtime.api.services import Services
from runtime.api.tenant_store import StoredTenant, state_of
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.api.writes.tenant_bounds import unreadable
from runtime.api.writes.tenant_changes import TenantChanges, existing, validate_tenant
from runtime.delivery_config.model import is_delivery_type, is_tenant_id
from runtime.delivery_config.tenant_record import InvalidRecord
from runtime.delivery_config.tenants import tenant_page

router = APIRouter(prefix="/tenants", tags=["tenants"])
Limit = Annotated[int, Query(ge=1, le=100, description="tenants of one page")]
Token = Annotated[str | None, Query(max_length=400, description="`next_token` of the page before")]
JsonBody = Annotated[dict[str, object], Depends(json_object)]
PatchBody = Annotated[dict[str, object], Depends(merge_patch)]

type Position = tuple[str, str]
"""The tenant and the type behind which a page of configs begins; without a type, a page of records without configs."""
RECORDS: Position = ("", "")


@router.get(
    "",
    operation_id="list_tenants",
    response_model_exclude_none=True,
    dependencies=[no_query("limit", "next_token")],
)
def list_tenants(services: ServicesOf, limit: Limit = 100, next_token: Token = None) -> TenantPageView:
    """List the tenants that have delivery configs, then those that have a record alone, in orders of the tables' own.

    A page may have fewer than `limit`, and none at all: there are more where it has a `next_token`.
    """
    after = None if next_token is None else _read_token(next_token)
    if after is not None and not after[1]:
        return _records_page(services, limit, after[0] or None)
    page = tenant_page(services.clients, services.settings.tenant_config_table, limit, after)
    states = services.tenants.states(each.tenant_id for each in page.tenants)
    return TenantPageView(
        tenants=[
            TenantView(tenant_id=each.tenant_id, types=list(each.types), state=states.get(each.tenant_id))
            for each in page.tenants
        ],
        next_token=_token(page.after or RECORDS),
    )


@router.post("", operation_id="create_tenant", status_code=201, dependencies=[no_query()])
def create_tenant(
    services: ServicesOf, request: Request, body: JsonBody, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Create a tenant's record; its delivery configs are held to it. One that exists is left alone (409)."""
    record = validate_tenant(services, body)
    once = Idempotency(services, request, record.tenant_id, idempotency_key, body)
    return once.run(lambda: _created(TenantChanges(services, caller_of(request)).create(record)))


@router.get("/{tenant_id}", operation_id="get_tenant", dependencies=[no_query()])
def get_tenant(tenant_id: TenantId, services: ServicesOf, wanted: Wanted) -> Response:
    """Get a tenant's record with its ETag; 404 where it has none, and so the defaults."""
    stored = existing(services, tenant_id)
    if isinstance(stored.record, InvalidRecord):
        raise unreadable(stored.record, {"ETag": stored.etag})
    if wanted.has(stored.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": stored.etag})
    return _answer(stored)


@router.patch("/{tenant_id}", operation_id="patch_tenant", dependencies=[no_query()])
def patch_tenant(
    tenant_id: TenantId, services: ServicesOf, request: Request, wanted: Wanted, body: PatchBody
) -> JSONResponse:
    """Change fields of a record (JSON Merge Patch, RFC 7396); `state` suspends a tenant, resumes it, lets it leave."""
    return _answer(TenantChanges(services, caller_of(request)).patch(tenant_id, body, wanted))


@router.post("/{tenant_id}/external-ids", operation_id="issue_external_id", status_code=201, dependencies=[no_query()])
def issue_external_id(
    tenant_id: TenantId, services: ServicesOf, request: Request, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Issue an ExternalId for the tenant's roles to take. It is pending until they do: the one in use stays so."""
    once = Idempotency(services, request, tenant_id, idempotency_key, {})
    changes = TenantChanges(services, caller_of(request))
    return once.run(lambda: _answer(changes.issue_external_id(tenant_id), HTTPStatus.CREATED))


@router.post("/{tenant_id}/external-ids/activate", operation_id="activate_external_id", dependencies=[no_query()])
def activate_external_id(
    tenant_id: TenantId, services: ServicesOf, request: Request, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Use the pending ExternalId for all roles now, also for one that was not seen to take it."""
    once = Idempotency(services, request, tenant_id, idempotency_key, {})
    return once.run(lambda: _answer(TenantChanges(services, caller_of(request)).activate_external_id(tenant_id)))


def _records_page(services: Services, limit: int, after: str | None) -> TenantPageView:
    """Return those of a page of records that have no delivery config: the others are listed with their configs."""
    page, more = services.tenants.page(limit, after)
    alone = [each for each in page if not services.store.count(each.item["tenant_id"]["S"], 1)]
    return TenantPageView(
        tenants=[TenantView(tenant_id=each.item["tenant_id"]["S"], types=[], state=state_of(each)) for each in alone],
        next_token=_token((page[-1].item["tenant_id"]["S"], "")) if more and page else None,
    )


def _answer(stored: StoredTenant, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> JSONResponse:
    return JSONResponse(view(stored), status, headers={"ETag": stored.etag, **headers})


def _created(stored: StoredTenant) -> JSONResponse:
    return _answer(stored, HTTPStatus.CREATED, Location=f"/tenants/{stored.record.tenant_id}")


def _token(after: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(after, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_token(token: str) -> Position:
    """Return where a page begins. Raises 422 for a token that no page gave."""
    try:
        padded = token + "=" * (-len(token) % 4)
        tenant_id, type_ = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        known = (tenant_id, type_) == RECORDS or (is_tenant_id(tenant_id) and (type_ == "" or is_delivery_type(type_)))
        if known and _token((tenant_id, type_)) == token:
            return tenant_id, type_
    except (binascii.Error, UnicodeError, ValueError, TypeError):
        pass
    raise invalid("invalid-request", "pass next_token unchanged", [("next_token", "isn't the token of a page")])
