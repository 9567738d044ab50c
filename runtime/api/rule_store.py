"""The table of alert rules as the API uses it."""

from dataclasses import dataclass

from runtime.alerts.rule import AlertRule
from runtime.alerts.rules import InvalidRule, read_rule
from runtime.api.item_store import ItemStore, StoredItem
from runtime.delivery_config.attribute_values import Item, plain_item


@dataclass(frozen=True)
class StoredRule(StoredItem):
    """An item and what it reads as."""

    rule: AlertRule | InvalidRule


class RuleStore(ItemStore[StoredRule]):
    """A tenant's alert rules, by name."""

    sort_key = "name"

    def _stored(self, item: Item) -> StoredRule:
        return StoredRule(item, read_rule(plain_item(item)))
