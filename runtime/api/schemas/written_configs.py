"""The schema of a delivery config as a request has it: of the OpenAPI document, and of the console's form."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from runtime.delivery_config.model import MAX_SECRET, DeliveryConfig
from runtime.delivery_config.service_fields import SERVICE_FIELDS

REF = "#/components/schemas/"
NEW_VALUE = (
    "a new secret: it is kept in Secrets Manager, and answers show a reference in its place; the one before stays live"
)


def written_schema(model: type[DeliveryConfig], method: str) -> dict[str, Any]:
    """Return the schema of a method's new delivery config."""
    schema = schema_of(model, "validation")
    schema["properties"] = {name: each for name, each in schema["properties"].items() if name not in SERVICE_FIELDS}
    schema["properties"]["type"] = {
        "type": "string",
        "pattern": rf"^{method}(:[A-Za-z0-9][A-Za-z0-9\-_.]{{0,63}})?$",
    }
    schema["properties"] |= {name: _secret(schema["properties"][name]) for name in model.facts.secrets}
    schema["required"] = [name for name in schema["required"] if name != "tenant_id"]
    return schema | {"additionalProperties": False, "title": f"A new {method} delivery config"}


def _secret(references: Mapping[str, object]) -> dict[str, object]:
    """Return the schema of a secret in a request: a new one's text, which no answer shows, or references to keep."""
    text = {"type": "string", "writeOnly": True, "minLength": 1, "maxLength": MAX_SECRET, "description": NEW_VALUE}
    return {"anyOf": [text, {name: references[name] for name in ("type", "items", "maxItems") if name in references}]}


def schema_of(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """Return a model's JSON schema, as a component of the document."""
    schema = model.model_json_schema(ref_template=REF + "{model}", mode=mode)
    schema.pop("$defs", None)
    return schema
