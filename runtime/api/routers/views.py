"""What a config means: the applications that it selects, and what it would deliver, before anything is saved."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ValidationError

from runtime.api.errors.problems import invalid
from runtime.api.requests.json_body import json_object
from runtime.api.requests.parameters import ServicesOf, TenantId, Type, no_query
from runtime.api.routers.delivery_configs import readable
from runtime.api.schemas.delivery_configs import MatchRequest, MatchResults, ResolvedConfig
from runtime.api.services import Services
from runtime.api.writes.validation import validate_fields
from runtime.delivery_config.model import DeliveryConfig
from runtime.objects.key import MalformedKeyError, ObjectKey

router = APIRouter(
    prefix="/tenants/{tenant_id}/delivery-configs/{type}", tags=["the meaning of a config"], dependencies=[no_query()]
)
JsonBody = Annotated[dict[str, object], Depends(json_object)]


@router.get("/effective", operation_id="get_effective_delivery_config", response_model=ResolvedConfig)
def get_effective_delivery_config(tenant_id: TenantId, type_: Type, services: ServicesOf) -> dict[str, object]:
    """Return what a stored config really selects: its groups expanded and united with its `desired_logs`."""
    config = _config(services, tenant_id, type_)
    return {
        "tenant_id": tenant_id,
        "type": type_,
        "delivers": config.enabled,
        "everything": config.applications is None,
        "applications": sorted(config.applications or ()),
        "unknown_groups": list(config.expansion.unknown),
        "cluster_ids": list(config.cluster_ids),
        "target_region": config.in_region(services.settings.aws_region).target_region,
    }


@router.post(
    "/match", operation_id="match_delivery_config", response_model=MatchResults, response_model_exclude_none=True
)
def match_delivery_config(tenant_id: TenantId, type_: Type, services: ServicesOf, body: JsonBody) -> dict[str, object]:
    """Return for application names and object keys whether they would be delivered, and why.

    With a `config` in the body it is that one that is tried, before anything is saved; nothing ever is by this.
    """
    try:
        asked = MatchRequest.model_validate(body, strict=True, extra="forbid")
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
        raise invalid("invalid-request", "these fields are wrong", wrong) from None
    if asked.config is None:
        config = _config(services, tenant_id, type_)
    else:
        config = validate_fields(services, asked.config, tenant_id, type_)
    verdicts = [{"application": name, **_of_application(config, name)} for name in asked.applications]
    verdicts += [{"object_key": key, **_of_key(config, key)} for key in asked.object_keys]
    return {"verdicts": verdicts}


def _config(services: Services, tenant_id: str, type_: str) -> DeliveryConfig:
    config = readable(services, tenant_id, type_).config
    assert isinstance(config, DeliveryConfig)
    return config


def _of_application(config: DeliveryConfig, application: str) -> dict[str, object]:
    if not config.enabled:
        return _verdict("disabled")
    if config.applications is not None and application not in config.applications:
        return _verdict("application-filtered")
    return _verdict("selected-on-some-clusters" if config.cluster_ids else "selected")


def _of_key(config: DeliveryConfig, key: str) -> dict[str, object]:
    try:
        parsed = ObjectKey.parse(key)
    except MalformedKeyError:
        return _verdict("not-an-object-key")
    if parsed.tenant_id != config.tenant_id:
        return _verdict("other-tenant")
    if not config.enabled:
        return _verdict("disabled")
    return _verdict(config.filtered_by(parsed.application, parsed.cluster_id) or "selected")


def _verdict(reason: str) -> dict[str, object]:
    return {"delivered": reason.startswith("selected"), "reason": reason}
