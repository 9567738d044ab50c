"""The config table as the API uses it: consistent reads, and writes on the condition that nothing has changed since."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runtime.api.conditional_writes import Write, etag_of, transact, unchanged
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, plain_item
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import InvalidItem, Models, read_item
from runtime.delivery_state.config_changes import ConfigChanges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef


@dataclass(frozen=True)
class StoredConfig:
    """An item and what it reads as."""

    item: Item
    config: DeliveryConfig | InvalidItem

    @cached_property
    def etag(self) -> str:
        """The item's ETag."""
        return etag_of(self.item)

    @property
    def schema_version(self) -> int:
        """The version of its schema, also where the rest can't be read."""
        version = self.item.get("schema_version", {}).get("N", "1")
        return int(float(version))

    def is_live(self, now: float) -> bool:
        """Whether it isn't expired (epoch s)."""
        return self.config.ttl is None or self.config.ttl > now


class ConfigStore:
    """Items of one table. Whatever botocore raises is raised. ``changes``: where each write is noted before."""

    def __init__(self, clients: AwsClients, table: str, models: Models, changes: ConfigChanges) -> None:
        self._changes = changes
        self._clients = clients
        self._table = table
        self._models = models

    def get(self, tenant_id: str, type_: str) -> StoredConfig | None:
        """Return one item, expired or not."""
        key = {"tenant_id": {"S": tenant_id}, "type": {"S": type_}}
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return self._stored(answer["Item"]) if "Item" in answer else None

    def page(self, tenant_id: str, limit: int, after: str | None) -> list[StoredConfig]:
        """Return up to ``limit`` items in the order of their type, from the one behind ``after`` on."""
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant_id = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}},
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = {"tenant_id": {"S": tenant_id}, "type": {"S": after}}
        found: list[StoredConfig] = []
        while len(found) < limit:
            request["Limit"] = limit - len(found)
            answer = self._dynamodb.query(**request)
            found += [self._stored(item) for item in answer.get("Items", ())]
            if not answer.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def count(self, tenant_id: str, most: int) -> int:
        """Count a tenant's items, up to ``most``."""
        return len(self.page(tenant_id, most, None))

    def put(
        self, item: Item, *more: Write, replacing: StoredConfig | None, counter: "TransactWriteItemTypeDef"
    ) -> StoredConfig:
        """Write an item in place of what was read, or where nothing was, and count it: all or nothing.

        :param more: further parts of the transaction. :param counter: the part that counts.
        :raises ChangedMeanwhileError: it isn't so any more, or another has written meanwhile.
        """
        self._changes.note(item["tenant_id"]["S"])
        condition = unchanged(replacing.item if replacing else None)
        transact(self._dynamodb, [{"Put": {"TableName": self._table, "Item": item, **condition}}, *more, counter])
        return self._stored(item)

    def delete(self, stored: StoredConfig, *, counter: "TransactWriteItemTypeDef") -> None:
        """Delete what was read, and count it: both or neither.

        :raises ChangedMeanwhileError: it was changed or deleted, or another has written meanwhile.
        """
        self._changes.note(stored.item["tenant_id"]["S"])
        key = {name: stored.item[name] for name in ("tenant_id", "type")}
        delete = {"TableName": self._table, "Key": key, **unchanged(stored.item)}
        transact(self._dynamodb, [{"Delete": delete}, counter])

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.client("dynamodb")

    def _stored(self, item: Item) -> StoredConfig:
        return StoredConfig(item, read_item(plain_item(item), self._models))
