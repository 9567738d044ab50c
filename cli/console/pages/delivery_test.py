"""A test delivery from the config's page: each step as it is taken, and what to change where one fails."""

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.console.asking import Questions
from cli.console.pages.tenant import tenant_of
from cli.console.rendering import Context, action, questions_of, screen_of
from runtime.api.schemas.delivery_tests import DeliveryTestView, FixView, StepView

TEMPLATE: Final = "parts/delivery_test.html"
OPEN: Final = frozenset({"queued", "running"})


async def begin(request: Request) -> Context:
    """Start a test of the stored config."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), str(request.path_params["type"])
    return _shown(await questions.change(lambda: questions.client.start_test(tenant_id, type_)))


async def go_on(request: Request) -> Context:
    """Return how far a test is."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), str(request.path_params["type"])
    return _shown(await _read(questions, tenant_id, type_, str(request.path_params["test_id"])))


async def _read(questions: Questions, tenant_id: str, type_: str, test_id: str) -> DeliveryTestView:
    which = ("test", tenant_id, type_, test_id)
    return await questions.ask(which, lambda: questions.client.test(tenant_id, type_, test_id))


def _shown(test: DeliveryTestView) -> Context:
    steps: list[tuple[StepView, list[tuple[FixView, str]]]] = [
        (step, [(fix, json.dumps(fix.document, indent=2) if fix.document else "") for fix in step.fixes])
        for step in test.steps
    ]
    return {"test": test, "steps": steps, "is_open": test.state in OPEN}


async def _asked_again(request: Request) -> Response:
    return await screen_of(request).answer(request, TEMPLATE, go_on)


ROUTES: Final = (
    action("/tenants/{tenant_id}/configs/{type}/test", TEMPLATE, begin),
    Route("/tenants/{tenant_id}/configs/{type}/test/{test_id}", _asked_again),
)
