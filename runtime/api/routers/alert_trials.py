"""Alert rules tried on the tenant's own stored objects: what would have fired, when."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import ValidationError

from runtime.alerts.rule import AlertRule
from runtime.api.errors.problems import invalid
from runtime.api.requests.json_body import json_object
from runtime.api.requests.parameters import ServicesOf, TenantId, no_query
from runtime.api.routers.alert_rules import RULES
from runtime.api.schemas.alert_trials import MAX_HOURS, MAX_RULES, AlertTrialRequest, AlertTrialView
from runtime.api.services import Services
from runtime.api.stored_lines import ask
from runtime.api.writes.rule_changes import validate_rule

router = APIRouter(tags=["alerts"])
JsonBody = Annotated[dict[str, object], Depends(json_object)]
HOUR: Final = 3600.0
_NOBODY: Final = {
    "method": "sns",
    "log_distribution_role_arn": "arn:aws:iam::000000000000:role/LogDistributionRole",
    "topic_arn": "arn:aws:sns:us-east-1:000000000000:nobody",
}
"""Stands where a rule that is tried says nothing of whom to notify."""


@router.post(f"{RULES}/try", operation_id="try_alert_rules", dependencies=[no_query()])
def try_alert_rules(tenant_id: TenantId, services: ServicesOf, body: JsonBody) -> AlertTrialView:
    """Return what rules would have fired over the tenant's stored objects of a time. Nobody is notified."""
    try:
        asked = AlertTrialRequest.model_validate(body)
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
        raise invalid("invalid-request", "these fields are wrong", wrong) from None
    since, until = _times(asked, services.clock())
    rules = _rules(services, tenant_id, asked)
    written = [rule.model_dump(mode="json", exclude_none=True) for rule in rules]
    objects = {"applications": asked.applications, "cluster_ids": asked.cluster_ids}
    return AlertTrialView.of(
        ask(services, tenant_id, {"rules": written, "since": since, "until": until, **objects}), since
    )


def _times(asked: AlertTrialRequest, now: float) -> tuple[float, float]:
    until = now if asked.until is None else asked.until.timestamp()
    since = until - HOUR if asked.since is None else asked.since.timestamp()
    if not 0 < until - since <= MAX_HOURS * HOUR:
        latest = datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds")
        problem = f"must be after since ({latest}), by at most {MAX_HOURS} hours"
        raise invalid("invalid-request", "these fields are wrong", [("until", problem)])
    return since, until


def _rules(services: Services, tenant_id: str, asked: AlertTrialRequest) -> list[AlertRule]:
    given = [validate_rule(services, {"notify": _NOBODY} | fields, tenant_id) for fields in asked.rules]
    if asked.rules and not asked.names:
        return given
    stored = {each.rule.name: each.rule for each in services.rules.page(tenant_id, MAX_RULES, None)}
    unknown = [f"names.{at}" for at, name in enumerate(asked.names) if not isinstance(stored.get(name), AlertRule)]
    if unknown:
        raise invalid(
            "invalid-request", "these fields are wrong", [(field, "names no rule of the tenant's") for field in unknown]
        )
    wanted = [rule for name, rule in stored.items() if not asked.names or name in asked.names]
    return [*given, *(rule for rule in wanted if isinstance(rule, AlertRule))]
