"""What is tried before it is relied on: a program on lines that the caller gives, a delivery on its real path.

Programs run in a process of their own; a function of its own makes a test delivery, with the tenant's session.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse

from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.middleware.caller import caller_of
from runtime.api.requests.json_body import json_object
from runtime.api.requests.parameters import HEX_ID, ServicesOf, TenantId, Type, no_query
from runtime.api.routers.delivery_configs import config_path, readable
from runtime.api.schemas.delivery_tests import DeliveryTestView
from runtime.api.schemas.programs import ProgramList, ProgramView, TrialRequest, TrialView
from runtime.api.services import Services
from runtime.api.stored_lines import last_lines
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.api.writes.preconditions import Preconditions
from runtime.api.writes.repetition import repeated
from runtime.api.writes.testing import start_test
from runtime.api.writes.validation import program_problems, unchecked
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.transform import Transform
from runtime.delivery_config.writing import problems_of
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.programs.application import ProgramRefusedError
from runtime.programs.ready_made import READY_MADE
from runtime.programs.sandbox import EngineMissingError, ProgramKilledError, WorkerLostError
from runtime.programs.trial import LinesToTry, try_program

router = APIRouter(dependencies=[no_query()])
PROGRAMS, DELIVERIES = "programs", "deliveries"
TEST = "/tenants/{tenant_id}/delivery-configs/{type}/test"
TestId = Annotated[str, Path(pattern=HEX_ID, description="a test's id", examples=["0" * 32])]
JsonBody = Annotated[dict[str, object], Depends(json_object)]
NAME = "20260101-000000-trial.json.gz"


@router.get("/programs", tags=[PROGRAMS], operation_id="list_programs", response_model_exclude_none=True)
def list_programs() -> ProgramList:
    """List the ready-made programs that a delivery config's `transform` may name."""
    return ProgramList(programs=[ProgramView.of(each) for each in READY_MADE.values()])


@router.post(
    "/tenants/{tenant_id}/delivery-configs/{type}/transform/try",
    tags=[PROGRAMS],
    operation_id="try_transform",
    response_model_exclude_none=True,
)
def try_transform(tenant_id: TenantId, type_: Type, services: ServicesOf, body: JsonBody) -> TrialView:
    """Return what a config's program, or the one in the body, makes of lines, and what it costs. Nothing is delivered.

    The lines are in the body, or with `last` the tenant's own last ones. With a `transform` the config needn't exist.
    """
    try:
        asked = TrialRequest.model_validate(body, strict=True, extra="forbid")
    except ValidationError as error:
        raise invalid("invalid-request", "these fields are wrong", _named(error)) from None
    given = asked.transform
    config = _with_program(services, tenant_id, type_) if given is None else None
    transform = config.transform if config else _given(services, given or {})
    assert transform is not None
    tried, complete = (
        (_given_lines(services, tenant_id, asked), True)
        if asked.last is None
        else last_lines(services, tenant_id, asked.last, *_selected(asked, config))
    )
    try:
        trial = try_program(transform, tried, services.sandbox)
    except (ProgramKilledError, ProgramRefusedError) as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "program-killed", f"the program doesn't get through: {error}"
        ) from error
    except (EngineMissingError, WorkerLostError, TimeoutError) as error:
        raise unchecked("nothing was tried: programs can't be run at the moment") from error
    return TrialView.of(trial, complete=complete)


@router.post(
    TEST,
    tags=[DELIVERIES],
    operation_id="start_delivery_test",
    status_code=202,
    response_model=DeliveryTestView,
)
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


@router.get(f"{TEST}/{{test_id}}", tags=[DELIVERIES], operation_id="get_delivery_test")
def get_delivery_test(tenant_id: TenantId, type_: Type, test_id: TestId, services: ServicesOf) -> DeliveryTestView:
    """Return the steps so far: which passed, which failed, and what to add for it, by whom."""
    test = services.tests.of(tenant_id, type_, test_id)
    if test is None:
        detail = f"there is no test {test_id} of this config; a newer one may have taken its place"
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-such-test", detail)
    return DeliveryTestView.of(test)


def _given(services: Services, fields: dict[str, object]) -> Transform:
    try:
        transform = Transform.model_validate(fields, strict=True, extra="forbid")
    except ValidationError as error:
        wrong = [(f"transform.{each.field}".rstrip("."), each.problem) for each in problems_of(error)]
        raise invalid("invalid-request", "these fields are wrong", wrong) from None
    problems = program_problems(services, transform)
    if problems:
        raise invalid("invalid-config", "the program can't work", problems)
    return transform


def _with_program(services: Services, tenant_id: str, type_: str) -> DeliveryConfig:
    config = readable(services, tenant_id, type_).config
    assert isinstance(config, DeliveryConfig)
    if config.transform is None:
        problem = "is needed: the stored config has no program"
        raise invalid("invalid-request", "these fields are wrong", [("transform", problem)])
    return config


def _selected(
    asked: TrialRequest, config: DeliveryConfig | None
) -> tuple[Collection[str] | None, Collection[str] | None]:
    """Return the applications and clusters whose lines are wanted; ``None``: all of them."""
    applications = config.applications if config else None
    clusters = config.cluster_ids or None if config else None
    return (
        [asked.application] if asked.application else applications,
        [asked.cluster_id] if asked.cluster_id else clusters,
    )


def _given_lines(services: Services, tenant_id: str, asked: TrialRequest) -> list[LinesToTry]:
    names = {"cluster_id": "cluster", "application": "application", "pod_name": "pod"}
    origin = "/".join(f"{name}={getattr(asked, name) or default}" for name, default in names.items())
    try:
        key = ObjectKey.parse(f"tenant_id={tenant_id}/{origin}/{NAME}")
    except MalformedKeyError:
        problem = "must be what can be a segment of an object's key"
        raise invalid("invalid-request", "these fields are wrong", [(name, problem) for name in names]) from None
    lines = asked.lines or []
    return [LinesToTry(key, [int(services.clock() * 1000)] * len(lines), lines)]


def _named(error: ValidationError) -> list[tuple[str, str]]:
    return [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
