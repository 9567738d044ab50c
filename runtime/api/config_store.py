"""The config table as the API uses it."""

from dataclasses import dataclass

from runtime.api.item_store import ItemStore, StoredItem
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, plain_item
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import InvalidItem, Models, read_item
from runtime.delivery_state.config_changes import ConfigChanges


@dataclass(frozen=True)
class StoredConfig(StoredItem):
    """An item and what it reads as."""

    config: DeliveryConfig | InvalidItem

    def is_live(self, now: float) -> bool:
        """Whether it isn't expired (epoch s)."""
        return self.config.ttl is None or self.config.ttl > now


class ConfigStore(ItemStore[StoredConfig]):
    """A tenant's delivery configs, by type."""

    sort_key = "type"

    def __init__(self, clients: AwsClients, table: str, models: Models, changes: ConfigChanges) -> None:
        super().__init__(clients, table, changes)
        self._models = models

    def _stored(self, item: Item) -> StoredConfig:
        return StoredConfig(item, read_item(plain_item(item), self._models))
