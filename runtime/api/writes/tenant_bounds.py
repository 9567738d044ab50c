"""Holds a delivery config that is written to its tenant's record."""

from collections.abc import Iterable
from http import HTTPStatus

from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.services import Services
from runtime.api.writes.validation import size_problems
from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.external_ids import is_anothers
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.tenant_record import LEAVING, InvalidRecord, TenantRecord
from runtime.delivery_config.tenant_rules import conflicts

UNREADABLE = "invalid-stored-tenant"


def require_within(services: Services, config: DeliveryConfig) -> dict[str, AttributeValue]:
    """Check a config that is to be stored; return the attribute that names the record's version, if there is a record.

    One that is disabled is stored as it is: it is checked when it is enabled.

    :raises ProblemError: 422: an enabled one delivers where it may not. 409: the tenant leaves, or can't be read.
    """
    stored, region = services.tenants.get(config.tenant_id), services.settings.aws_region
    if is_anothers(config.external_id, config.tenant_id):
        raise invalid("invalid-config", "nothing was changed", [("external_id", "was issued to another tenant")])
    if stored is None:
        return {}
    if isinstance(stored.record, InvalidRecord):
        raise unreadable(stored.record, {})
    if config.enabled:
        if stored.record.state == LEAVING:
            detail = "the tenant is leaving: no delivery config is enabled any more"
            raise ProblemError(HTTPStatus.CONFLICT, "tenant-leaving", detail)
        wrong = [(each.field, each.problem) for each in conflicts(stored.record, config.in_region(region))]
        if stored.record.issued and config.external_id not in {None, *stored.record.issued}:
            wrong.append(("external_id", "must be one that was issued to the tenant, or left out"))
        wrong += size_problems(services, config.bound_by(stored.record.accounts, stored.record.allowed_regions))
        if wrong:
            raise invalid("invalid-config", "nothing was changed: the tenant's record doesn't allow it", wrong)
    return {"tenant_version": typed(stored.version)}


def refuse_conflicts(services: Services, record: TenantRecord, configs: Iterable[StoredConfig]) -> None:
    """Raise 409 where an enabled config of the tenant delivers where a record to be stored wouldn't allow it."""
    region, now = services.settings.aws_region, services.clock()
    wrong = [
        (f"{config.type} {each.field}", each.problem)
        for config in (stored.config for stored in configs if stored.is_live(now))
        if isinstance(config, DeliveryConfig) and config.enabled
        for each in conflicts(record, config.in_region(region))
    ]
    if wrong:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "configs-not-allowed",
            "nothing was changed: these enabled delivery configs wouldn't be delivered by any more; change or disable "
            "them first",
            errors=wrong,
        )


def unreadable(record: InvalidRecord, headers: dict[str, str]) -> ProblemError:
    """Return that a stored record can't be read."""
    return ProblemError(
        HTTPStatus.CONFLICT,
        UNREADABLE,
        "the stored item isn't a valid tenant, and its deliveries wait; PATCH corrects it",
        errors=[(field, "is wrong in the stored item") for field in record.fields],
        headers=headers,
    )
