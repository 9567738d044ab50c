"""The console as an ASGI application."""

from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cli.console.asking import Questions
from cli.console.guard import ConsoleAccess, ConsoleGuard
from cli.console.pages import alarms, alerts, configs, delivery_test, measures, overview, path, replays, tenant
from cli.console.rendering import Screen, screen_of

LIBRARY: Final = files("django_htmx").joinpath("static/django_htmx/htmx-2.min.js")
"""htmx as django-htmx's wheel brings it; neither is imported."""


def create_application(questions: Questions, access: ConsoleAccess, tenant_id: str | None = None) -> Starlette:
    """Return the application. ``tenant_id``: the tenant whose page is the first one."""
    application = Starlette(
        routes=[
            Route("/assets/htmx.js", _library),
            Mount("/assets", StaticFiles(packages=[("cli.console", "assets")])),
            *overview.ROUTES,
            *tenant.ROUTES,
            *measures.ROUTES,
            *delivery_test.ROUTES,
            *configs.ROUTES,
            *alerts.ROUTES,
            *replays.ROUTES,
            *path.ROUTES,
            *alarms.ROUTES,
        ],
        middleware=[Middleware(ConsoleGuard, access=access)],
        exception_handlers={404: _not_found},
    )
    application.state.screen = Screen(questions, questions.sources.installation.clients.region, tenant_id)
    return application


async def _library(request: Request) -> Response:
    del request
    return Response(LIBRARY.read_bytes(), media_type="text/javascript", headers={"cache-control": "max-age=3600"})


async def _not_found(request: Request, error: Exception) -> Response:
    del error
    return screen_of(request).page(request, "not_found.html", status=404)
