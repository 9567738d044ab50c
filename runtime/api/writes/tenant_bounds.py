"""Holds a delivery config or an alert rule that is written to its tenant's record."""

from collections.abc import Iterable
from http import HTTPStatus

from runtime.alerts.rule import AlertRule
from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.services import Services
from runtime.api.writes.validation import size_problems
from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.external_ids import is_anothers
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.tenant_record import LEAVING, InvalidRecord, TenantRecord
from runtime.delivery_config.tenant_rules import Bounded, conflicts

UNREADABLE = "invalid-stored-tenant"


def require_within(services: Services, config: DeliveryConfig) -> dict[str, AttributeValue]:
    """Check a config that is to be stored; return the attribute that names the record's version, if there is a record.

    One that is disabled is stored as it is: it is checked when it is enabled.

    :raises ProblemError: 422: an enabled one delivers where it may not. 409: the tenant leaves, or can't be read.
    """
    placed = config.in_region(services.settings.aws_region)
    record, wrong = _bounds(services, placed, "external_id")
    if record is not None and config.enabled:
        wrong += size_problems(services, config.bound_by(record.accounts, record.allowed_regions))
    _refuse(wrong, "invalid-config")
    return {} if record is None else {"tenant_version": typed(record.version)}


def require_rule_within(services: Services, rule: AlertRule) -> None:
    """Check an alert rule that is to be stored. Raises as ``require_within``."""
    _, wrong = _bounds(services, rule, "notify.external_id")
    _refuse(wrong, "invalid-rule")


def _bounds(
    services: Services, bounded: Bounded, external_id: str
) -> tuple[TenantRecord | None, list[tuple[str, str]]]:
    """Return the tenant's record, and what it doesn't allow. :param external_id: the name of that field."""
    stored = services.tenants.get(bounded.tenant_id)
    if is_anothers(bounded.external_id, bounded.tenant_id):
        return None, [(external_id, "was issued to another tenant")]
    if stored is None:
        return None, []
    record = stored.record
    if isinstance(record, InvalidRecord):
        raise unreadable(record, {})
    if not bounded.enabled:
        return record, []
    if record.state == LEAVING:
        detail = "the tenant is leaving: no delivery config or alert rule is enabled any more"
        raise ProblemError(HTTPStatus.CONFLICT, "tenant-leaving", detail)
    wrong = [(each.field, each.problem) for each in conflicts(record, bounded)]
    if record.issued and bounded.external_id not in {None, *record.issued}:
        wrong.append((external_id, "must be one that was issued to the tenant, or left out"))
    return record, wrong


def _refuse(wrong: list[tuple[str, str]], code: str) -> None:
    if wrong:
        raise invalid(code, "nothing was changed: these fields name what isn't the tenant's, or isn't allowed", wrong)


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
