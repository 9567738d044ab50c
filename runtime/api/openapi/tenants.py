"""What the document says of tenants' records: the schemas of their one model, in requests and in answers."""

from collections.abc import Mapping

from runtime.delivery_config.service_fields import SERVICE_FIELDS
from runtime.delivery_config.tenant_record import ISSUED_FIELDS, TenantRecord

EXAMPLE = {"tenant_id": "acme-corp", "accounts": ["222222222222"], "contacts": ["ops@acme.example"]}
PATCH_EXAMPLE = {"state": "suspended"}
_SOMETIMES = {"created_at", "updated_at", *ISSUED_FIELDS}
BODIES = {
    "create_tenant": ("application/json", "NewTenant"),
    "patch_tenant": ("application/merge-patch+json", "TenantPatch"),
}


def tenant_schemas() -> dict[str, dict[str, object]]:
    """Return the schemas by name."""
    written = TenantRecord.model_json_schema(mode="validation")
    fields = {name: each for name, each in written["properties"].items() if name not in SERVICE_FIELDS | ISSUED_FIELDS}
    patchable = {name: {"anyOf": [each, {"type": "null"}]} for name, each in fields.items() if name != "tenant_id"}
    answered = TenantRecord.model_json_schema(mode="serialization")
    return {
        "NewTenant": {
            "type": "object",
            "title": "A new tenant",
            "properties": fields,
            "required": ["tenant_id"],
            "additionalProperties": False,
            "examples": [EXAMPLE],
        },
        "TenantPatch": {
            "type": "object",
            "properties": patchable,
            "additionalProperties": False,
            "examples": [PATCH_EXAMPLE],
        },
        "Tenant": answered | {"required": sorted({*answered["properties"]} - _SOMETIMES)},
    }


def add_tenant_answers(operations: Mapping[str, dict[str, dict[str, object]]], ref: str) -> None:
    """Add what the operations on one tenant answer when they succeed."""
    etag = {"ETag": {"schema": {"type": "string"}, "description": "for If-Match"}}
    tenant = {"content": {"application/json": {"schema": {"$ref": f"{ref}Tenant"}}}, "headers": etag}
    key = {"tenant_id": "$response.body#/tenant_id"}
    links = {name: {"operationId": f"{name}_tenant", "parameters": key} for name in ("get", "patch")}
    location = {"Location": {"schema": {"type": "string"}}}
    operations["create_tenant"]["responses"]["201"] = {
        "description": "It was created", **tenant, "headers": etag | location, "links": links
    }  # fmt: skip
    operations["get_tenant"]["responses"]["200"] = {"description": "The tenant", **tenant}
    operations["get_tenant"]["responses"]["304"] = {
        "description": "Unchanged: the caller's copy is current",
        "headers": etag,
    }
    operations["issue_external_id"]["responses"]["201"] = {"description": "It was issued", **tenant}
    operations["activate_external_id"]["responses"]["200"] = {"description": "The current state", **tenant}
    operations["patch_tenant"]["responses"]["200"] = {"description": "The current state", **tenant}
