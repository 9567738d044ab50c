"""A tenant's alert rules as the table has them, by tenant and name."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from runtime.alerts.rule import AlertRule
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import plain_item
from runtime.delivery_state.table import StateTable


@dataclass(frozen=True, slots=True)
class InvalidRule:
    """An item that can't be read as a rule: it fires never. ``fields``: the wrong ones' names, never values."""

    tenant_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TenantRules:
    """What a tenant has, enabled or not."""

    rules: tuple[AlertRule, ...]
    invalid: tuple[InvalidRule, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRules:
    """Reads the table. What DynamoDB's client raises is raised."""

    clients: AwsClients
    table: str

    def of_tenant(self, tenant_id: str) -> TenantRules:
        """Return a tenant's rules as they are now."""
        table = StateTable(self.clients, self.table)
        query = table.query("tenant_id = :tenant", {":tenant": tenant_id})
        read = [read_rule(plain_item(item)) for item in table.items({**query, "ConsistentRead": True})]
        rules = tuple(each for each in read if isinstance(each, AlertRule))
        return TenantRules(rules, tuple(each for each in read if isinstance(each, InvalidRule)))


def read_rule(item: Mapping[str, object]) -> AlertRule | InvalidRule:
    """Read one item (plain values); never raises for what an item may contain."""
    try:
        return AlertRule.model_validate(dict(item))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        fields = dict.fromkeys(".".join(str(part) for part in each["loc"]) for each in problems)
        return InvalidRule(str(item.get("tenant_id", "")), str(item.get("name", "")), tuple(fields))
