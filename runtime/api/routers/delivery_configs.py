"""The delivery configs themselves: list, get, create, replace, patch, delete."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, not_found
from runtime.api.requests.json_body import json_object, merge_patch
from runtime.api.requests.parameters import (
    ChangesOf,
    Limit,
    NextToken,
    ServicesOf,
    TenantId,
    Type,
    Wanted,
    WritesOf,
    no_query,
    token_of,
    type_of,
)
from runtime.api.schemas.delivery_configs import view
from runtime.api.services import Services
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.delivery_config.marks import ENABLE_AFTER_TEST
from runtime.delivery_config.repository import InvalidItem

router = APIRouter(prefix="/tenants/{tenant_id}/delivery-configs", tags=["delivery configs"])
JsonBody = Annotated[dict[str, object], Depends(json_object)]
PatchBody = Annotated[dict[str, object], Depends(merge_patch)]


@router.get("", operation_id="list_delivery_configs", dependencies=[no_query("limit", "next_token")])
def list_delivery_configs(
    tenant_id: TenantId, services: ServicesOf, limit: Limit = 50, next_token: NextToken = None
) -> JSONResponse:
    """List a tenant's configs in the order of their type. An item that can't be read is named under `invalid`."""
    after = None if next_token is None else type_of(next_token)
    page, more = _live_page(services, tenant_id, limit, after)
    readable = [view(stored) for stored in page if not isinstance(stored.config, InvalidItem)]
    invalid = [
        {"type": item.type, "fields": list(item.fields), "problem": item.problem}
        for item in (stored.config for stored in page)
        if isinstance(item, InvalidItem)
    ]
    following = {"next_token": token_of(page[-1].item["type"]["S"])} if more else {}
    return JSONResponse({"delivery_configs": readable, "invalid": invalid} | following)


@router.get("/{type}", operation_id="get_delivery_config", dependencies=[no_query()])
def get_delivery_config(tenant_id: TenantId, type_: Type, services: ServicesOf, wanted: Wanted) -> Response:
    """Get one config with its ETag."""
    stored = readable(services, tenant_id, type_)
    if wanted.has(stored.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": stored.etag})
    return _answer(stored)


@router.post("", operation_id="create_delivery_config", status_code=201, dependencies=[no_query("enable")])
def create_delivery_config(
    tenant_id: TenantId, changes: WritesOf, request: Request, body: JsonBody, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Create a config. One that exists already is left alone (409)."""
    once = Idempotency(changes.services, request, tenant_id, idempotency_key, body)
    return once.run(lambda: _created(changes.create(tenant_id, body)))


@router.put("/{type}", operation_id="replace_delivery_config", dependencies=[no_query("enable")])
def replace_delivery_config(
    tenant_id: TenantId, type_: Type, changes: WritesOf, wanted: Wanted, body: JsonBody
) -> JSONResponse:
    """Replace a whole config: fields that the body omits are removed. `If-None-Match: *` creates it instead."""
    stored, new = changes.replace(tenant_id, type_, body, wanted)
    return _created(stored) if new else _answer(stored)


@router.patch("/{type}", operation_id="patch_delivery_config", dependencies=[no_query("enable")])
def patch_delivery_config(
    tenant_id: TenantId, type_: Type, changes: WritesOf, wanted: Wanted, body: PatchBody
) -> JSONResponse:
    """Change fields of a config (JSON Merge Patch, RFC 7396): `null` removes an optional one."""
    return _answer(changes.patch(tenant_id, type_, body, wanted))


@router.delete("/{type}", operation_id="delete_delivery_config", status_code=204, dependencies=[no_query()])
def delete_delivery_config(tenant_id: TenantId, type_: Type, changes: ChangesOf, wanted: Wanted) -> Response:
    """Delete a config."""
    changes.delete(tenant_id, type_, wanted)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def readable(services: Services, tenant_id: str, type_: str) -> StoredConfig:
    """Return a live config. Raises 404 where there is none, 409 where the item can't be read as one."""
    stored = services.store.get(tenant_id, type_)
    if stored is None or not stored.is_live(services.clock()):
        raise not_found(tenant_id, type_)
    if isinstance(stored.config, InvalidItem):
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "invalid-stored-config",
            "the stored item isn't a valid config and delivers nothing; PUT or PATCH corrects it, DELETE removes it",
            errors=[(field, "is wrong in the stored item") for field in stored.config.fields],
            headers={"ETag": stored.etag},
        )
    return stored


def _live_page(services: Services, tenant_id: str, limit: int, after: str | None) -> tuple[list[StoredConfig], bool]:
    """Return up to ``limit`` items that aren't expired, and whether there are more."""
    found: list[StoredConfig] = []
    while len(found) <= limit:
        page = services.store.page(tenant_id, limit + 1 - len(found), after)
        found += [stored for stored in page if stored.is_live(services.clock())]
        if not page:
            break
        after = page[-1].item["type"]["S"]
    return found[:limit], len(found) > limit


def _answer(stored: StoredConfig, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> JSONResponse:
    """Answer with a config; one that waits for a test says where that is (RFC 8288)."""
    test = stored.item.get(ENABLE_AFTER_TEST, {}).get("S")
    link = {"Link": f'<{_path(stored)}/test/{test}>; rel="status"'} if test else {}
    return JSONResponse(view(stored), status, headers={"ETag": stored.etag, **link, **headers})


def _created(stored: StoredConfig) -> JSONResponse:
    return _answer(stored, HTTPStatus.CREATED, Location=_path(stored))


def _path(stored: StoredConfig) -> str:
    assert not isinstance(stored.config, InvalidItem)
    return config_path(stored.config.tenant_id, stored.config.type)


def config_path(tenant_id: str, type_: str) -> str:
    """Return a config's path."""
    return f"/tenants/{tenant_id}/delivery-configs/{quote(type_, safe=':')}"
