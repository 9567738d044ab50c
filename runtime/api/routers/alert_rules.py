"""A tenant's alert rules: list, get, create, replace, delete; the ready-made ones; and what fires."""

from collections.abc import Callable
from http import HTTPStatus
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse, Response

from runtime.alerts.ready_made import READY_MADE
from runtime.alerts.rule import RULE_NAME_PATTERN, AlertRule, is_rule_name
from runtime.alerts.rules import InvalidRule
from runtime.alerts.states import AlertStates, is_place
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.middleware.caller import caller_of
from runtime.api.requests.json_body import json_object
from runtime.api.requests.parameters import (
    Limit,
    NextToken,
    ServicesOf,
    TenantId,
    Wanted,
    no_query,
    token_of,
    type_of,
)
from runtime.api.rule_store import StoredRule
from runtime.api.schemas.alert_rules import ReadyMadeList, ReadyMadeView
from runtime.api.schemas.fired_alerts import FiredAlertPage, FiredAlertView
from runtime.api.services import Services, services_of
from runtime.api.writes.idempotency import Idempotency, IdempotencyKey
from runtime.api.writes.rule_changes import RuleChanges, no_rule
from runtime.delivery_state.table import StateTable

router = APIRouter(tags=["alerts"])
RULES = "/tenants/{tenant_id}/alert-rules"
Name = Annotated[str, Path(pattern=RULE_NAME_PATTERN, description="the rule", examples=["errors"])]
JsonBody = Annotated[dict[str, object], Depends(json_object)]


def changes_of(request: Request) -> RuleChanges:
    """Return what makes changes for this request's caller (a dependency of routes)."""
    return RuleChanges(services_of(request), caller_of(request))


ChangesOf = Annotated[RuleChanges, Depends(changes_of)]


@router.get("/alert-rules", operation_id="list_ready_made_alert_rules", dependencies=[no_query()])
def list_ready_made_alert_rules() -> ReadyMadeList:
    """List the ready-made rules that a tenant's `ready_made` may name."""
    return ReadyMadeList(rules=[ReadyMadeView.of(each) for each in READY_MADE.values()])


@router.get(RULES, operation_id="list_alert_rules", dependencies=[no_query("limit", "next_token")])
def list_alert_rules(
    tenant_id: TenantId, services: ServicesOf, limit: Limit = 50, next_token: NextToken = None
) -> JSONResponse:
    """List a tenant's rules in the order of their names. An item that can't be read is named under `invalid`."""
    page = services.rules.page(tenant_id, limit + 1, None if next_token is None else _behind(next_token, is_rule_name))
    shown = [each.rule for each in page[:limit]]
    content = {
        "alert_rules": [_view(rule) for rule in shown if isinstance(rule, AlertRule)],
        "invalid": [{"name": rule.name, "fields": [*rule.fields]} for rule in shown if isinstance(rule, InvalidRule)],
    }
    return JSONResponse(content | ({"next_token": token_of(shown[-1].name)} if len(page) > limit else {}))


@router.get(f"{RULES}/{{name}}", operation_id="get_alert_rule", dependencies=[no_query()])
def get_alert_rule(tenant_id: TenantId, name: Name, services: ServicesOf, wanted: Wanted) -> Response:
    """Get one rule with its ETag."""
    stored = services.rules.get(tenant_id, name)
    if stored is None:
        raise no_rule(tenant_id, name)
    if isinstance(stored.rule, InvalidRule):
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "invalid-stored-rule",
            "the stored item isn't a valid rule and never fires; PUT corrects it, DELETE removes it",
            errors=[(field, "is wrong in the stored item") for field in stored.rule.fields],
            headers={"ETag": stored.etag},
        )
    if wanted.has(stored.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": stored.etag})
    return _answer(stored)


@router.post(RULES, operation_id="create_alert_rule", status_code=201, dependencies=[no_query()])
def create_alert_rule(
    tenant_id: TenantId, changes: ChangesOf, request: Request, body: JsonBody, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Create a rule. One that exists already is left alone (409)."""
    once = Idempotency(changes.services, request, tenant_id, idempotency_key, body)
    return once.run(lambda: _created(changes.create(tenant_id, body)))


@router.put(f"{RULES}/{{name}}", operation_id="replace_alert_rule", dependencies=[no_query()])
def replace_alert_rule(
    tenant_id: TenantId, name: Name, changes: ChangesOf, wanted: Wanted, body: JsonBody
) -> JSONResponse:
    """Replace a whole rule: fields that the body omits have their defaults. `If-None-Match: *` creates it instead."""
    stored, new = changes.replace(tenant_id, name, body, wanted)
    return _created(stored) if new else _answer(stored)


@router.delete(f"{RULES}/{{name}}", operation_id="delete_alert_rule", status_code=204, dependencies=[no_query()])
def delete_alert_rule(tenant_id: TenantId, name: Name, changes: ChangesOf, wanted: Wanted) -> Response:
    """Delete a rule. What fires by it is not resolved any more, nor notified of."""
    changes.delete(tenant_id, name, wanted)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/tenants/{tenant_id}/alerts",
    operation_id="list_alerts",
    response_model_exclude_none=True,
    dependencies=[no_query("limit", "next_token")],
)
def list_alerts(
    tenant_id: TenantId, services: ServicesOf, limit: Limit = 50, next_token: NextToken = None
) -> FiredAlertPage:
    """List what fires, and what was resolved within the last hour or longer, by rule."""
    after = None if next_token is None else _behind(next_token, is_place)
    found = list(islice(_states(services).fired(tenant_id, after), limit + 1))
    more = token_of(found[limit - 1].place) if len(found) > limit else None
    return FiredAlertPage(alerts=[FiredAlertView.of(each) for each in found[:limit]], next_token=more)


def _states(services: Services) -> AlertStates:
    table = services.settings.alert_states_table
    if table is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-alerts", "this installation has no alerts; no rule fires")
    return AlertStates(StateTable(services.clients, table), services.clock)


def _behind(token: str, is_one: Callable[[str], bool]) -> str:
    """Return behind what a page begins. Raises 422 for a token that no page gave."""
    found = type_of(token)
    if not is_one(found):
        raise invalid("invalid-request", "pass next_token unchanged", [("next_token", "isn't the token of a page")])
    return found


def _view(rule: AlertRule) -> dict[str, object]:
    return rule.model_dump(mode="json", exclude_none=True)


def _answer(stored: StoredRule, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> JSONResponse:
    assert isinstance(stored.rule, AlertRule)
    return JSONResponse(_view(stored.rule), status, headers={"ETag": stored.etag, **headers})


def _created(stored: StoredRule) -> JSONResponse:
    location = f"/tenants/{stored.rule.tenant_id}/alert-rules/{stored.rule.name}"
    return _answer(stored, HTTPStatus.CREATED, Location=location)
