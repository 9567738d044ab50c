"""The config table as the API uses it: consistent reads, and writes on the condition that nothing has changed since."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, plain_item
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import InvalidItem, Models, read_item
from runtime.delivery_state.table import Condition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef


class ChangedMeanwhileError(Exception):
    """The item isn't any more what the caller's decision was made of; nothing was written."""


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
    """Items of one table. Whatever botocore raises is raised."""

    def __init__(self, clients: AwsClients, table: str, models: Models) -> None:
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

    def put(self, item: Item, *, replacing: StoredConfig | None, counter: "TransactWriteItemTypeDef") -> StoredConfig:
        """Write an item in place of what was read, or where nothing was, and count it: both or neither.

        :param counter: the transaction's other part.
        :raises ChangedMeanwhileError: it isn't so any more, or another has written meanwhile.
        """
        self._transact({"Put": {"TableName": self._table, "Item": item, **_unchanged(replacing)}}, counter)
        return self._stored(item)

    def delete(self, stored: StoredConfig, *, counter: "TransactWriteItemTypeDef") -> None:
        """Delete what was read, and count it: both or neither.

        :raises ChangedMeanwhileError: it was changed or deleted, or another has written meanwhile.
        """
        key = {name: stored.item[name] for name in ("tenant_id", "type")}
        self._transact({"Delete": {"TableName": self._table, "Key": key, **_unchanged(stored)}}, counter)

    def _transact(self, write: Mapping[str, Mapping[str, object]], counter: "TransactWriteItemTypeDef") -> None:
        """Write all or nothing. The SDK names each call: one that it repeats after a lost answer takes effect once."""
        try:
            self._dynamodb.transact_write_items(TransactItems=[cast("TransactWriteItemTypeDef", write), counter])
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
            if not codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                raise
            raise ChangedMeanwhileError from None

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.client("dynamodb")

    def _stored(self, item: Item) -> StoredConfig:
        return StoredConfig(item, read_item(plain_item(item), self._models))


def etag_of(item: Item) -> str:
    """Return an item's strong ETag: of all that is stored, so that a change by hand changes it too.

    Each write brings a version of its own: an ETag never repeats, not even when a config is deleted and created again.
    """
    content = {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}
    return f'"{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]}"'


def _unchanged(stored: StoredConfig | None) -> Condition:
    """Return the condition that an item has every attribute as it was read; by hand, any may have been changed."""
    if stored is None:
        return {"ConditionExpression": "attribute_not_exists(tenant_id)"}
    attributes = list(stored.item.items())
    condition = " AND ".join(f"#a{number} = :a{number}" for number in range(len(attributes)))
    if "version" not in stored.item:
        condition += " AND attribute_not_exists(version)"
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#a{number}": name for number, (name, _) in enumerate(attributes)},
        "ExpressionAttributeValues": {f":a{number}": value for number, (_, value) in enumerate(attributes)},
    }
