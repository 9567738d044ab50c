"""The app: its own endpoints, the routers, errors of one shape, the gate in front."""

from functools import cache
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from runtime.api.errors.mapping import problem_of
from runtime.api.errors.problems import ProblemError
from runtime.api.middleware.caller import caller_of
from runtime.api.middleware.gate import Gate
from runtime.api.openapi.document import document
from runtime.api.requests.parameters import no_query
from runtime.api.routers import alert_rules, alert_trials, deliveries, delivery_configs, tenants, trials, views
from runtime.api.schemas.delivery_configs import GroupList, Health
from runtime.api.services import Services
from runtime.delivery_config.groups import GROUPS

service = APIRouter(tags=["service"], dependencies=[no_query()])


@service.get("/health", operation_id="get_health", summary="Health check", response_model=Health)
def get_health() -> dict[str, str]:
    """Answer, and nothing more: it calls nothing and discloses nothing. The one endpoint that needs no signature."""
    return {"status": "ok"}


@service.get("/groups", operation_id="list_groups", summary="The application groups", response_model=GroupList)
def list_groups() -> dict[str, object]:
    """Return the names that a config's `groups` may have, with their applications. Names are case-insensitive."""
    groups = sorted(GROUPS.by_name.values(), key=lambda group: group.name)
    return {"groups": [{"name": group.name, "applications": list(group.applications)} for group in groups]}


@service.get("/openapi.json", operation_id="get_openapi", summary="This document")
def get_openapi(request: Request) -> dict[str, object]:
    """Return the OpenAPI document of what is deployed."""
    own: dict[str, object] = request.app.openapi()
    return own


ROUTERS: tuple[APIRouter, ...] = (
    tenants.router,
    delivery_configs.router,
    views.router,
    trials.router,
    alert_rules.router,
    alert_trials.router,
    deliveries.router,
    service,
)
"""A new group of endpoints is a module with a router, and a name here."""


def create_app(services: Services) -> FastAPI:
    """Make the app. The gateway in front of it signs for the caller (``runtime.api.middleware.caller``)."""
    app = FastAPI(
        title="logrouter delivery configs",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=None,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(ProblemError, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(HTTPException, _answer_unrouted)
    app.openapi = cache(lambda: document(app, services.models))  # type: ignore[method-assign]  # as FastAPI documents it
    app.add_middleware(Gate)
    return app


async def _answer(request: Request, error: Exception) -> Response:
    return problem_of(error).response(caller_of(request).request_id)


async def _answer_unrouted(request: Request, _: Exception) -> Response:
    """Answer what no route takes: 405 with every method that the path has, else 404."""
    allowed = allowed_methods(request)
    if allowed:
        problem = ProblemError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"this path takes {', '.join(allowed)}",
            headers={"Allow": ", ".join(allowed)},
        )
    else:
        problem = ProblemError(HTTPStatus.NOT_FOUND, "no-such-path", "the API has no such path; see /openapi.json")
    return problem.response(caller_of(request).request_id)


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the routes of the request's path take."""
    routes: list[BaseRoute] = [route for router in ROUTERS for route in router.routes]
    found = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in found for method in getattr(route, "methods", None) or ()})
