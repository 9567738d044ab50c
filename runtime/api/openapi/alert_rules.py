"""What the document says of alert rules: the schemas of their one model, in requests and in answers."""

from collections.abc import Mapping
from copy import deepcopy

from runtime.alerts.rule import AlertRule, EventBusNotice, SnsNotice
from runtime.api.schemas.alert_rules import InvalidRuleView, RulePage
from runtime.api.schemas.alert_trials import AlertTrialRequest
from runtime.api.schemas.written_configs import REF, schema_of
from runtime.delivery_config.service_fields import SERVICE_FIELDS

ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
TOPIC = "arn:aws:sns:us-east-1:222222222222:alerts"
EXAMPLE = {
    "name": "slow-disk",
    "ready_made": "etcd-slow-disk",
    "count": 10,
    "notify": {"method": "sns", "log_distribution_role_arn": ROLE, "topic_arn": TOPIC},
}
_SOMETIMES = {"created_at", "updated_at", "version", "ready_made", "level", "predicate"}
BODIES = {
    "create_alert_rule": ("application/json", "NewAlertRule"),
    "replace_alert_rule": ("application/json", "AlertRuleReplacement"),
    "try_alert_rules": ("application/json", "AlertTrialRequest"),
}


def rule_schemas() -> dict[str, dict[str, object]]:
    """Return the schemas by name."""
    written = schema_of(AlertRule, "validation")
    fields = {name: each for name, each in written["properties"].items() if name not in SERVICE_FIELDS}
    needed = [{"required": [one]} for one in ("ready_made", "level", "contains", "predicate")]
    new = {
        "type": "object",
        "title": "A new alert rule",
        "properties": fields,
        "required": ["name", "notify"],
        "additionalProperties": False,
        "examples": [EXAMPLE],
    }
    replacement = deepcopy(new) | {"required": ["notify"], "title": "A whole alert rule"}
    answered = schema_of(AlertRule, "serialization")
    return {
        "NewAlertRule": new
        | {"description": "with at least one of `ready_made`, `level`, `contains` and `predicate`", "anyOf": needed},
        "AlertRuleReplacement": replacement | {"anyOf": needed},
        "AlertRule": answered | {"required": sorted({*answered["properties"]} - _SOMETIMES)},
        "AlertRulePage": _page(),
        "InvalidRuleView": schema_of(InvalidRuleView, "serialization"),
        "AlertTrialRequest": schema_of(AlertTrialRequest, "validation"),
        "SnsNotice": schema_of(SnsNotice, "validation"),
        "EventBusNotice": schema_of(EventBusNotice, "validation"),
    }


def _page() -> dict[str, object]:
    page = schema_of(RulePage, "serialization")
    page["properties"]["alert_rules"]["items"] = {"$ref": f"{REF}AlertRule"}
    page["properties"]["next_token"] = {"type": "string", "description": "there are more: pass it unchanged"}
    return page | {"required": ["alert_rules", "invalid"]}


def add_rule_answers(operations: Mapping[str, dict[str, dict[str, object]]]) -> None:
    """Add what the operations on alert rules answer when they succeed."""
    etag = {"ETag": {"schema": {"type": "string"}, "description": "for If-Match"}}
    rule = {"content": {"application/json": {"schema": {"$ref": f"{REF}AlertRule"}}}, "headers": etag}
    page = {"application/json": {"schema": {"$ref": f"{REF}AlertRulePage"}}}
    key = {"tenant_id": "$request.path.tenant_id", "name": "$response.body#/name"}
    links = {name: {"operationId": f"{name}_alert_rule", "parameters": key} for name in ("get", "delete", "replace")}
    location = {"Location": {"schema": {"type": "string"}}}
    created = {"description": "It was created", **rule, "headers": etag | location, "links": links}
    operations["list_alert_rules"]["responses"]["200"] = {"description": "One page", "content": page}
    operations["get_alert_rule"]["responses"] |= {
        "200": {"description": "The rule", **rule},
        "304": {"description": "Unchanged: the caller's copy is current", "headers": etag},
    }
    operations["create_alert_rule"]["responses"]["201"] = created
    operations["replace_alert_rule"]["responses"] |= {
        "200": {"description": "The current state", **rule},
        "201": created,
    }
