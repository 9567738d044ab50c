"""What a tenant's copies are evaluated by: enabled rules and its record, believed for ten seconds (contract §15)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.alerts.rule import AlertRule
from runtime.alerts.rules import AlertRules, InvalidRule
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.bounded_map import TENANTS_REMEMBERED
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_config.tenant_record import InvalidRecord, TenantRecord, read_record
from runtime.delivery_config.tenant_rules import NOT_READABLE
from runtime.errors import Hop, RetryableError, classify

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import GetItemInputTypeDef

BELIEVED_SECONDS: Final = 10.0
"""A rule that is disabled stops within ten seconds, as a delivery config does."""
logger = logging.getLogger("logrouter.alerts")


@dataclass(frozen=True, slots=True)
class AlertTenant:
    """A tenant as alerts see it. ``record``: ``None``, it has none and so the defaults."""

    tenant_id: str
    rules: tuple[AlertRule, ...] = ()
    record: TenantRecord | None = None

    def rule(self, name: str) -> AlertRule | None:
        """Return an enabled rule; ``None``: it is disabled, deleted or invalid."""
        return next((rule for rule in self.rules if rule.name == name), None)


class AlertTenants:
    """Shared by all threads. ``tenants_table``: of the records. ``clock``: epoch seconds."""

    def __init__(
        self, clients: AwsClients, rules: AlertRules, tenants_table: str, clock: Callable[[], float] = scheduling.now
    ) -> None:
        self._clients = clients
        self._rules = rules
        self._tenants_table = tenants_table
        self._clock = clock
        self._cache: ExpiringCache[str, AlertTenant] = ExpiringCache(TENANTS_REMEMBERED, clock)

    def find(self, tenant_id: str) -> AlertTenant:
        """Return a tenant as it is, or was ten seconds ago.

        :raises DeliveryError: a table doesn't answer, or the tenant's record can't be read.
        """
        return self._cache.get(tenant_id, lambda: (self._load(tenant_id), self._clock() + BELIEVED_SECONDS))

    def _load(self, tenant_id: str) -> AlertTenant:
        try:
            found = self._rules.of_tenant(tenant_id)
            record = self._record(tenant_id)
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action="dynamodb:Query") from error
        for each in found.invalid:
            _log_invalid(each)
        return AlertTenant(tenant_id, tuple(rule for rule in found.rules if rule.enabled), record)

    def _record(self, tenant_id: str) -> TenantRecord | None:
        request: GetItemInputTypeDef = {"TableName": self._tenants_table, "Key": {"tenant_id": typed(tenant_id)}}
        item = self._clients.call("dynamodb", "GetItem", request).get("Item")
        record = read_record(plain_item(item)) if item else None
        if isinstance(record, InvalidRecord):
            raise RetryableError(NOT_READABLE, "the tenant's record can't be read")
        return record


def _log_invalid(rule: InvalidRule) -> None:
    names = {"tenant_id": rule.tenant_id, "rule": rule.name, "fields": rule.fields}
    logger.error("invalid alert rule: it fires nothing until it is corrected", extra=names)
