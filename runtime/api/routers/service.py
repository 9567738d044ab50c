"""The service itself: is it there, which groups does it know, what does it offer."""

from typing import Any

from fastapi import APIRouter, Request

from runtime.api.requests.parameters import no_query
from runtime.api.schemas.delivery_configs import GroupList, Health
from runtime.delivery_config.groups import GROUPS

router = APIRouter(tags=["service"], dependencies=[no_query()])


@router.get("/health", operation_id="get_health", summary="Is it there?", response_model=Health)
def get_health() -> dict[str, str]:
    """Answer, and nothing more: it calls nothing and discloses nothing. The one endpoint that needs no signature."""
    return {"status": "ok"}


@router.get("/groups", operation_id="list_groups", summary="The application groups", response_model=GroupList)
def list_groups() -> dict[str, Any]:
    """Return the names that a config's `groups` may have, and what each stands for. Case doesn't count."""
    groups = sorted(GROUPS.by_name.values(), key=lambda group: group.name)
    return {"groups": [{"name": group.name, "applications": list(group.applications)} for group in groups]}


@router.get("/openapi.json", operation_id="get_openapi", summary="This document")
def get_openapi(request: Request) -> dict[str, Any]:
    """Return the OpenAPI document of what is deployed."""
    document: dict[str, Any] = request.app.openapi()
    return document
