"""A tenant's view of its deliveries: what is parked and why, how each destination is, and replays."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from runtime.api.errors.problems import ProblemError, invalid, not_found
from runtime.api.middleware.caller import caller_of
from runtime.api.requests.json_body import json_object
from runtime.api.requests.parameters import HEX_ID, Limit, ServicesOf, TenantId, Type, no_query
from runtime.api.schemas.deliveries import (
    EstimateView,
    ParkedPage,
    ParkedView,
    ReplayList,
    ReplayRequest,
    ReplayView,
    StatusView,
    shown,
)
from runtime.api.services import Services
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.delivery_config.patterns import TYPE_PATTERN
from runtime.delivery_state.parked_deliveries import UnreadableTokenError
from runtime.delivery_state.replay_selection import Selection, SelectionError
from runtime.delivery_state.replays import Replay, SameReplayError, TooManyReplaysError
from runtime.replay.estimate import Estimate, estimate
from runtime.time_budget import TimeBudget

COUNT_SECONDS = 8.0  # ours: of the 15 that a request may take; a larger replay is started without its totals

router = APIRouter(prefix="/tenants/{tenant_id}", tags=["deliveries"])
JsonBody = Annotated[dict[str, object], Depends(json_object)]
ReplayId = Annotated[str, Path(pattern=HEX_ID, description="a replay's id", examples=["0" * 32])]
OfType = Annotated[str | None, Query(alias="type", pattern=TYPE_PATTERN, description="of one delivery config")]
Token = Annotated[str | None, Query(max_length=4000, description="`next_token` of the page before")]
State = Annotated[Literal["parked"], Query(description="only parked ones are stored; the log has records of all")]


@router.get(
    "/deliveries",
    operation_id="list_deliveries",
    response_model_exclude_none=True,
    dependencies=[no_query("state", "type", "limit", "next_token")],
)
def list_deliveries(  # noqa: PLR0917 - FastAPI gives them by name
    tenant_id: TenantId,
    services: ServicesOf,
    state: State = "parked",  # noqa: ARG001 - there is one so far
    type_: OfType = None,
    limit: Limit = 50,
    next_token: Token = None,
) -> ParkedPage:
    """List a tenant's parked deliveries: what failed, and the next step."""
    try:
        page = services.parked.of_tenant(tenant_id, type_=type_, limit=limit, next_token=next_token)
    except UnreadableTokenError:
        raise invalid(
            "invalid-request", "pass next_token unchanged", [("next_token", "isn't the token of a page")]
        ) from None
    return ParkedPage(deliveries=[ParkedView.of(one) for one in page.deliveries], next_token=page.next_token)


@router.get(
    "/delivery-configs/{type}/status",
    operation_id="get_delivery_status",
    dependencies=[no_query()],
)
def get_delivery_status(tenant_id: TenantId, type_: Type, services: ServicesOf) -> StatusView:
    """Return when the destination last acknowledged something, what failed last, and how much waits for someone."""
    stored = services.store.get(tenant_id, type_)
    if stored is None or not stored.is_live(services.clock()):
        raise not_found(tenant_id, type_)
    return StatusView.of(services.statuses.of(tenant_id, type_), services.parked.count(tenant_id, type_))


@router.get(
    "/replays", operation_id="list_replays", response_model_exclude_none=True,
    dependencies=[no_query()],
)  # fmt: skip
def list_replays(tenant_id: TenantId, services: ServicesOf) -> ReplayList:
    """List a tenant's replays."""
    return ReplayList(replays=[ReplayView.of(each) for each in services.replays.of_tenant(tenant_id)])


@router.post(
    "/replays",
    operation_id="start_replay",
    status_code=202,
    response_model=ReplayView,
    dependencies=[no_query()],
    responses={200: {"model": ReplayView, "description": "A dry run: nothing was started"}},
)
def start_replay(
    tenant_id: TenantId, services: ServicesOf, request: Request, body: JsonBody, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Deliver objects again, or for the first time; with `dry_run` only count them and estimate the cost."""
    asked, selection = _asked(tenant_id, body)
    if asked.dry_run:
        view = EstimateView.of(_count(services, selection, asked.per_second))
        return _shown(ReplayView(state="estimated", selection=shown(selection), estimate=view), HTTPStatus.OK)
    once = Idempotency(services, request, tenant_id, idempotency_key, body)
    return once.run(lambda: _start(services, selection, asked.per_second, caller_of(request).arn or ""))


def _start(services: Services, selection: Selection, per_second: float, caller: str) -> JSONResponse:
    counted = _count(services, selection, per_second)
    replay = Replay(
        selection,
        per_second,
        total_objects=counted.objects if counted.complete else None,
        total_deliveries=counted.deliveries if counted.complete else None,
        requested_by=caller,
    )
    most = services.settings.max_running_replays
    try:
        started = services.replays.start(replay, most=most)
    except SameReplayError:
        detail = "the same selection is being replayed; GET /replays names it, DELETE ends it"
        raise ProblemError(HTTPStatus.CONFLICT, "same-replay-running", detail) from None
    except TooManyReplaysError:
        detail = f"a tenant may have {most} running replays; wait for one to end, or cancel one"
        raise ProblemError(HTTPStatus.CONFLICT, "too-many-replays", detail) from None
    return _shown(ReplayView.of(started, EstimateView.of(counted)), HTTPStatus.ACCEPTED)


def _shown(view: ReplayView, status: HTTPStatus) -> JSONResponse:
    return JSONResponse(view.model_dump(mode="json", exclude_none=True), status)


@router.get(
    "/replays/{replay_id}", operation_id="get_replay", response_model_exclude_none=True,
    dependencies=[no_query()],
)  # fmt: skip
def get_replay(tenant_id: TenantId, replay_id: ReplayId, services: ServicesOf) -> ReplayView:
    """Return how far a replay is."""
    replay = services.replays.of(tenant_id, replay_id)
    if replay is None:
        raise _no_replay(replay_id)
    return ReplayView.of(replay)


@router.delete("/replays/{replay_id}", operation_id="cancel_replay", status_code=204, dependencies=[no_query()])
def cancel_replay(tenant_id: TenantId, replay_id: ReplayId, services: ServicesOf) -> Response:
    """End a running replay; deliveries that it has started continue."""
    if not services.replays.cancel(tenant_id, replay_id):
        raise _no_replay(replay_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _asked(tenant_id: str, body: dict[str, object]) -> tuple[ReplayRequest, Selection]:
    try:
        asked = ReplayRequest.model_validate(body)
        return asked, asked.selection(tenant_id)
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
        raise invalid("invalid-request", "these fields are wrong", wrong) from None
    except SelectionError as error:
        raise invalid("invalid-request", str(error), [("selection", str(error))]) from None


def _count(services: Services, selection: Selection, per_second: float) -> Estimate:
    """Count, for no longer than an answer may take."""
    tenant = services.configs.fetch_tenant(selection.tenant_id)
    types = [one.type for one in tenant.configs] + [item.type for item in tenant.invalid]
    if selection.type not in types and (selection.type or not types):
        raise ProblemError(HTTPStatus.CONFLICT, "no-such-config", "the tenant has no such delivery config to replay to")
    pages = services.listing.pages(selection)
    budget = TimeBudget.of_seconds(COUNT_SECONDS)
    return estimate(pages, tenant, selection, per_second=per_second, budget=budget, clock=services.clock)


def _no_replay(replay_id: str) -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "no-such-replay", f"there is no running or known replay {replay_id}")
