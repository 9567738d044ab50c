"""Test deliveries: start one, and see how far it is. A function of its own makes it, with the tenant's session."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse

from runtime.api.errors.problems import ProblemError
from runtime.api.middleware.caller import caller_of
from runtime.api.requests.parameters import ServicesOf, TenantId, Type, no_query
from runtime.api.routers.delivery_configs import config_path, readable
from runtime.api.schemas.delivery_tests import DeliveryTestView
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.api.writes.preconditions import Preconditions
from runtime.api.writes.repetition import repeated
from runtime.api.writes.testing import start_test

router = APIRouter(
    prefix="/tenants/{tenant_id}/delivery-configs/{type}/test", tags=["deliveries"], dependencies=[no_query()]
)
TestId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="a test's id", examples=["0" * 32])]


@router.post("", operation_id="start_delivery_test", status_code=202, response_model=DeliveryTestView)
def start_delivery_test(
    tenant_id: TenantId, type_: Type, services: ServicesOf, request: Request, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Make a test delivery of one marked event, enabled or not. A newer test takes the place of an older one."""
    readable(services, tenant_id, type_)

    def begin() -> JSONResponse:
        test = repeated(lambda: start_test(services, caller_of(request), tenant_id, type_), Preconditions())
        location = f"{config_path(tenant_id, type_)}/test/{test.id}"
        view = DeliveryTestView.of(test).model_dump(mode="json")
        return JSONResponse(view, HTTPStatus.ACCEPTED, headers={"Location": location})

    return Idempotency(services, request, tenant_id, idempotency_key, {}).run(begin)


@router.get("/{test_id}", operation_id="get_delivery_test")
def get_delivery_test(tenant_id: TenantId, type_: Type, test_id: TestId, services: ServicesOf) -> DeliveryTestView:
    """Return the steps so far: which passed, which failed, and what to add for it, by whom."""
    test = services.tests.of(tenant_id, type_, test_id)
    if test is None:
        detail = f"there is no test {test_id} of this config; a newer one may have taken its place"
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-such-test", detail)
    return DeliveryTestView.of(test)
