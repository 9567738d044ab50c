"""A table of a tenant's items, by name, as the API uses it: consistent reads, conditional writes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from runtime.api.conditional_writes import Write, etag_of, transact, unchanged
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item
from runtime.delivery_state.config_changes import ConfigChanges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef


@dataclass(frozen=True)
class StoredItem:
    """An item; subclasses add what it reads as."""

    item: Item

    @cached_property
    def etag(self) -> str:
        """The item's ETag."""
        return etag_of(self.item)

    @property
    def schema_version(self) -> int:
        """The version of its schema, also where the rest can't be read."""
        version = self.item.get("schema_version", {}).get("N", "1")
        return int(float(version))


class ItemStore[Stored: StoredItem](ABC):
    """Items of one table. Whatever botocore raises is raised. ``changes``: where each write is noted before."""

    sort_key: ClassVar[str]

    def __init__(self, clients: AwsClients, table: str, changes: ConfigChanges) -> None:
        self._changes = changes
        self._clients = clients
        self._table = table

    @abstractmethod
    def _stored(self, item: Item) -> Stored:
        """Read an item."""

    def get(self, tenant_id: str, name: str) -> Stored | None:
        """Return one item, expired or not."""
        key = {"tenant_id": {"S": tenant_id}, self.sort_key: {"S": name}}
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return self._stored(answer["Item"]) if "Item" in answer else None

    def page(self, tenant_id: str, limit: int, after: str | None) -> list[Stored]:
        """Return up to ``limit`` items in the order of their names, from the one behind ``after`` on."""
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant_id = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}},
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = {"tenant_id": {"S": tenant_id}, self.sort_key: {"S": after}}
        found: list[Stored] = []
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
        self, item: Item, *more: Write, replacing: StoredItem | None, counter: "TransactWriteItemTypeDef"
    ) -> Stored:
        """Write an item in place of what was read, or where nothing was, and count it: all or nothing.

        :param more: further parts of the transaction. :param counter: the part that counts.
        :raises runtime.api.conditional_writes.ChangedMeanwhileError: it isn't so any more, or another has written.
        """
        self._changes.note(item["tenant_id"]["S"])
        condition = unchanged(replacing.item if replacing else None)
        transact(self._dynamodb, [{"Put": {"TableName": self._table, "Item": item, **condition}}, *more, counter])
        return self._stored(item)

    def delete(self, stored: StoredItem, *, counter: "TransactWriteItemTypeDef") -> None:
        """Delete what was read, and count it: both or neither.

        :raises runtime.api.conditional_writes.ChangedMeanwhileError: it was changed or deleted, or another has written.
        """
        self._changes.note(stored.item["tenant_id"]["S"])
        key = {name: stored.item[name] for name in ("tenant_id", self.sort_key)}
        delete = {"TableName": self._table, "Key": key, **unchanged(stored.item)}
        transact(self._dynamodb, [{"Delete": delete}, counter])

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.client("dynamodb")
