"""The OpenAPI document: what FastAPI knows of the routes, completed by what it can't know.

Bodies are checked by the config models, so their schemas are the models' own. Schemas say what a value's form is; what
depends on the installation, the time or another config (422, 409) they can't say.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from runtime.api.openapi.alert_rules import BODIES as RULE_BODIES
from runtime.api.openapi.alert_rules import add_rule_answers, rule_schemas
from runtime.api.openapi.tenants import BODIES as TENANT_BODIES
from runtime.api.openapi.tenants import add_tenant_answers, tenant_schemas
from runtime.api.schemas.deliveries import ReplayRequest
from runtime.api.schemas.delivery_configs import InvalidStored, MatchRequest
from runtime.api.schemas.problems import Problem, WrongField
from runtime.api.schemas.programs import TrialRequest
from runtime.api.schemas.written_configs import REF, schema_of, written_schema
from runtime.delivery_config.repository import Models
from runtime.delivery_config.transform import Transform

SECURITY = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
    "description": "Signature Version 4, service `execute-api`",
}
PATCH_EXAMPLE = {"enabled": False, "groups": None}
TAGS = {
    "tenants": "Which tenants there are, and what binds each one's delivery configs.",
    "delivery configs": "Where a tenant's logs go, and which of them.",
    "the meaning of a config": "What a config selects, before or after it is saved.",
    "programs": "What is done to events before they are delivered.",
    "alerts": "Which lines a tenant is notified of, and how.",
    "deliveries": "What is parked and why, a destination's state, test deliveries, replays.",
    "service": "The service itself.",
}
"""The groups of operations, in the order in which a reader needs them."""

SERVER = {
    "url": "https://{api_id}.execute-api.{region}.amazonaws.com/v1",
    "description": "The stack's output ApiUrl; another partition has a domain of its own",
    "variables": {"api_id": {"default": "abcde12345"}, "region": {"default": "us-east-1"}},
}
DESCRIPTIONS = {
    "400": "Not JSON, a wrong query, or a path not in canonical form",
    "403": "Unsigned, or the caller's policies don't allow it",
    "404": "There is no such tenant, config, alert rule, replay or test; or the installation has no alerts",
    "405": "The path doesn't take this method",
    "409": "It exists, a config overlaps with another one, or what is stored doesn't allow it",
    "412": "It doesn't match If-Match or If-None-Match",
    "413": "The body is over 64 KiB",
    "415": "The body is of another media type",
    "422": "Fields or parameters are wrong; all of them are named",
    "429": "Too many requests; Retry-After says how long to wait",
    "503": "The config table doesn't answer; Retry-After says when to try again",
}
_ALWAYS = ("400", "403", "405", "413", "429")
_OF_BODY = ("415", "422")
_OF_TENANT = ("422", "503")


def document(app: FastAPI, models: Models) -> dict[str, Any]:
    """Return the document of an app with these config models."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description="Which tenant's logs go where. Every call but `GET /health` is signed.",
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        servers=[SERVER],
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _own_schemas(models) | tenant_schemas() | rule_schemas()
    made["components"]["securitySchemes"] = {"sigv4": SECURITY}
    made["security"] = [{"sigv4": []}]
    operations = {
        operation["operationId"]: operation
        for path in made["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    }
    operations["get_health"]["security"] = []
    _add_bodies(operations)
    _add_answers(operations)
    add_tenant_answers(operations, REF)
    add_rule_answers(operations)
    add_problems(made["paths"])
    return made


def _own_schemas(models: Models) -> dict[str, Any]:
    """Return the schemas of configs, for requests and for answers, and of problems."""
    found: dict[str, Any] = {}
    for method, model in models.items():
        found[f"New_{method}"] = written_schema(model, method)
        found[f"Config_{method}"] = _answered(model)
    patchable = {name: schema for method in models for name, schema in found[f"New_{method}"]["properties"].items()}
    patchable = {name: schema for name, schema in patchable.items() if name not in {"tenant_id", "type"}}
    found["DeliveryConfigPatch"] = {
        "type": "object",
        "properties": {name: _nullable(schema) for name, schema in patchable.items()},
        "additionalProperties": False,
        "examples": [PATCH_EXAMPLE],
    }
    examples = [dict(model.facts.example) for model in models.values() if model.facts.example]
    found["NewDeliveryConfig"] = {"anyOf": [{"$ref": f"{REF}New_{method}"} for method in models], "examples": examples}
    found["DeliveryConfig"] = {"anyOf": [{"$ref": f"{REF}Config_{method}"} for method in models]}
    found["DeliveryConfigReplacement"] = deepcopy(found["NewDeliveryConfig"]) | {
        "description": "`tenant_id` and `type` may be omitted: the path has them"
    }
    found["DeliveryConfigPage"] = _page()
    found["JsonValue"] = {"description": "any JSON value"}  # pydantic's name for what a program's parameters are
    found["Transform"] = schema_of(Transform, "validation") | {"additionalProperties": False}
    for plain in (Problem, WrongField, InvalidStored, MatchRequest, ReplayRequest, TrialRequest):
        found[plain.__name__] = schema_of(plain, "validation")
    return found


def _answered(model: type[BaseModel]) -> dict[str, Any]:
    schema = schema_of(model, "serialization")
    schema["properties"]["warnings"] = {"type": "array", "items": {"type": "string"}}
    schema["required"] = sorted({*schema.get("required", ()), "enabled", "desired_logs", "groups", "warnings"})
    return schema


def _page() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["delivery_configs", "invalid"],
        "properties": {
            "delivery_configs": {"type": "array", "items": {"$ref": f"{REF}DeliveryConfig"}},
            "invalid": {"type": "array", "items": {"$ref": f"{REF}InvalidStored"}},
            "next_token": {"type": "string", "description": "there are more: pass it unchanged"},
        },
    }


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return dict(schema) if "anyOf" in schema else {"anyOf": [dict(schema), {"type": "null"}]}


def _add_bodies(operations: Mapping[str, Any]) -> None:
    bodies = {
        "create_delivery_config": ("application/json", "NewDeliveryConfig"),
        "replace_delivery_config": ("application/json", "DeliveryConfigReplacement"),
        "patch_delivery_config": ("application/merge-patch+json", "DeliveryConfigPatch"),
        "match_delivery_config": ("application/json", "MatchRequest"),
        "start_replay": ("application/json", "ReplayRequest"),
        "try_transform": ("application/json", "TrialRequest"),
        **TENANT_BODIES,
        **RULE_BODIES,
    }
    for name, (media_type, schema) in bodies.items():
        content = {media_type: {"schema": {"$ref": REF + schema}}}
        operations[name]["requestBody"] = {"required": True, "content": content}


def _add_answers(operations: Mapping[str, Any]) -> None:
    etag = {"ETag": {"schema": {"type": "string"}, "description": "for If-Match"}}
    config = {"content": {"application/json": {"schema": {"$ref": f"{REF}DeliveryConfig"}}}, "headers": etag}
    links = {"links": _links()}
    location = {"Location": {"schema": {"type": "string"}}}
    created = {"description": "It was created", **config, "headers": etag | location, **links}
    page = {"application/json": {"schema": {"$ref": f"{REF}DeliveryConfigPage"}}}
    operations["list_delivery_configs"]["responses"]["200"] = {"description": "One page", "content": page}
    operations["get_delivery_config"]["responses"]["200"] = {"description": "The config", **config}
    operations["get_delivery_config"]["responses"]["304"] = {
        "description": "Unchanged: the caller's copy is current",
        "headers": etag,
    }
    operations["create_delivery_config"]["responses"]["201"] = created
    operations["replace_delivery_config"]["responses"] |= {"200": {"description": "The current state", **config}}
    operations["replace_delivery_config"]["responses"]["201"] = created
    operations["patch_delivery_config"]["responses"]["200"] = {"description": "The current state", **config, **links}


def _links() -> dict[str, Any]:
    """Return what can be done with a config that was just written; clients and tests follow these."""
    key = {"tenant_id": "$request.path.tenant_id", "type": "$response.body#/type"}
    follow = ("get", "patch", "delete", "replace")
    links = {name: {"operationId": f"{name}_delivery_config", "parameters": key} for name in follow}
    links["effective"] = {"operationId": "get_effective_delivery_config", "parameters": key}
    return links


def add_problems(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Add each operation's problems to its answers."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"][status] = _answer(status)


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> set[str]:
    statuses = {*_ALWAYS}
    if "requestBody" in operation:
        statuses |= {*_OF_BODY}
    if "{tenant_id}" in path or path == "/tenants":
        statuses |= {*_OF_TENANT}
    if "{type}" in path:
        statuses |= {"404", "409"}
        if not path.endswith(("/effective", "/match", "/status", "/test", "/test/{test_id}")):
            statuses.add("412")
    if path in {"/tenants/{tenant_id}", "/tenants/{tenant_id}/alert-rules/{name}"}:
        statuses |= {"404", "409", "412"}
    if "/external-ids" in path:
        statuses.add("404")
    if "{replay_id}" in path or path.endswith("/alerts"):
        statuses.add("404")
    if method == "post":
        statuses.add("409")
    return statuses


def _answer(status: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: dict[str, Any] = {"description": DESCRIPTIONS[status], "content": content}
    if status in {"429", "503"}:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    if status == "405":
        answer["headers"] = {"Allow": {"schema": {"type": "string"}}}
    return answer
