"""What fires for a tenant; its alert rules: listed, written as JSON, deleted, tried on the last hours' stored lines."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request

from cli.api_calls import StoredDocument
from cli.client import ApiProblemError
from cli.console.pages.tenant import tenant_of
from cli.console.rendering import Context, action, form_of, page, part, questions_of
from cli.problems import NotFoundError
from runtime.api.schemas.alert_trials import AlertTrialView
from runtime.delivery_config.service_fields import SERVICE_FIELDS

HOURS: Final = {"1": "the last hour", "6": "the last 6 hours", "24": "the last day"}
UNSHOWN: Final = SERVICE_FIELDS | {"tenant_id", "name"}
EXAMPLE: Final = {
    "level": "error",
    "contains": [],
    "count": 5,
    "window_seconds": 60,
    "notify": {
        "method": "sns",
        "log_distribution_role_arn": "arn:aws:iam::222222222222:role/LogDistributionRole",
        "topic_arn": "arn:aws:sns:us-east-1:222222222222:alerts",
    },
}


async def rules(request: Request) -> Context:
    """Return the tenant's rules, and the names of items that can't be read as one."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("alert-rules", tenant_id), lambda: [*questions.client.alert_rules(tenant_id)])
    readable = [(each.fields, _looks_for(each.fields)) for each in found if isinstance(each, StoredDocument)]
    invalid = [each for each in found if not isinstance(each, StoredDocument)]
    return {"tenant_id": tenant_id, "rules": readable, "invalid": invalid}


async def fired(request: Request) -> Context:
    """Return what fires, and what was resolved of late; what fires comes first."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("alerts", tenant_id), lambda: [*questions.client.alerts(tenant_id)])
    return {"alerts": sorted(found, key=lambda each: each.state)}


async def form(request: Request) -> Context:
    """Return the form: of the rule that the query names, or a new one's."""
    questions, tenant_id, name = questions_of(request), tenant_of(request), request.query_params.get("rule", "")
    ready = await questions.ask("ready-made-rules", lambda: questions.client.ready_made_alert_rules().rules)
    fields, etag = dict[str, Any](EXAMPLE), ""
    if name:
        stored = await questions.ask(
            ("alert-rule", tenant_id, name), lambda: questions.client.alert_rule(tenant_id, name)
        )
        fields, etag = {key: each for key, each in stored.fields.items() if key not in UNSHOWN}, stored.etag or ""
    text = json.dumps(fields, indent=2)
    return {"tenant_id": tenant_id, "name": name, "etag": etag, "text": text, "ready": ready, "hours": HOURS}


async def save(request: Request) -> Context:
    """Store the rule that was filled in; what is wrong is named, and the form stays."""
    questions, tenant_id, given = questions_of(request), tenant_of(request), dict(await form_of(request))
    name, etag, fields = given.get("name", ""), given.get("etag") or None, _fields(given)
    try:
        stored = await questions.change(
            lambda: questions.client.put_alert_rule(tenant_id, name, fields, etag=etag, new=etag is None)
        )
    except ApiProblemError as error:
        if not error.problem.errors:
            raise
        return {"tenant_id": tenant_id, "name": name, "problem": error.problem, "etag": ""}
    return {"tenant_id": tenant_id, "name": name, "problem": None, "etag": stored.etag or ""}


async def delete(request: Request) -> Context:
    """Delete a rule."""
    questions, tenant_id, name = questions_of(request), tenant_of(request), str(request.path_params["name"])
    await questions.change(lambda: questions.client.delete_alert_rule(tenant_id, name))
    return {"name": name}


async def try_rules(request: Request) -> Context:
    """Return what the rule in the form, or all that are stored, would have fired."""
    questions, tenant_id, given = questions_of(request), tenant_of(request), dict(await form_of(request))
    until = datetime.fromtimestamp(questions.sources.clock(), UTC)
    since = until - timedelta(hours=int(given.get("hours", "1")))
    asked: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
    if given.get("which") == "form":
        asked["rules"] = [{"name": given.get("name") or "tried", **_fields(given)}]

    def tried() -> AlertTrialView:
        return questions.client.try_alert_rules(tenant_id, asked)

    return {"trial": await questions.change(tried)}


def _fields(given: Mapping[str, str]) -> dict[str, Any]:
    try:
        fields = json.loads(given.get("fields", ""))
    except ValueError as error:
        raise NotFoundError(f"The rule isn't JSON: {error}") from None
    if not isinstance(fields, dict):
        raise NotFoundError("The rule must be a JSON object.")
    return fields


def _looks_for(fields: Mapping[str, Any]) -> str:
    parts = [fields.get("ready_made"), fields.get("level") and f"{fields['level']} and above", *fields["contains"]]
    return ", ".join(str(each) for each in [*parts, "a predicate" if fields.get("predicate") else None] if each)


ROUTES: Final = (
    page(
        "/tenants/{tenant_id}/alerts", "alerts.html", lambda request: {"chosen": request.query_params.get("rule", "")}
    ),
    part("/tenants/{tenant_id}/parts/alerts", "parts/fired_alerts.html", fired),
    part("/tenants/{tenant_id}/parts/alert-rules", "parts/alert_rules.html", rules),
    part("/tenants/{tenant_id}/parts/alert-form", "parts/alert_form.html", form, every=0),
    action("/tenants/{tenant_id}/alerts/save", "parts/alert_saved.html", save),
    action("/tenants/{tenant_id}/alerts/try", "parts/alert_trial.html", try_rules),
    action("/tenants/{tenant_id}/alerts/{name}/delete", "parts/alert_deleted.html", delete),
)
