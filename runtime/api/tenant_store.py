"""The table of tenants as the API uses it: consistent reads, and writes that carry their version to the configs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from runtime.api.conditional_writes import etag_of, transact, unchanged
from runtime.api.config_store import StoredConfig
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import AttributeValue, Item, plain_item, typed
from runtime.delivery_config.tenant_record import InvalidRecord, TenantRecord, read_record
from runtime.delivery_state.config_changes import ConfigChanges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesOutputTypeDef,
        KeysAndAttributesTypeDef,
        ScanInputTypeDef,
        TransactWriteItemTypeDef,
    )

MAX_CONFIGS: Final = 98
"""Of a tenant with a record: the rest of the 100 actions of a transaction (DynamoDB quotas) are record and counter."""


@dataclass(frozen=True)
class StoredTenant:
    """An item and what it reads as."""

    item: Item
    record: TenantRecord | InvalidRecord

    @cached_property
    def etag(self) -> str:
        """The item's ETag."""
        return etag_of(self.item)

    @property
    def version(self) -> int:
        """The record's version, also where the rest can't be read."""
        return self.record.version


class TenantStore:
    """Items of the table of tenants. Whatever botocore raises is raised.

    :param config_table: the table of the delivery configs, which carry their tenant's version.
    :param changes: where each write is noted before.
    """

    def __init__(self, clients: AwsClients, table: str, config_table: str, changes: ConfigChanges) -> None:
        self._changes = changes
        self._clients = clients
        self._table = table
        self._config_table = config_table

    def get(self, tenant_id: str) -> StoredTenant | None:
        """Return a tenant's record."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"tenant_id": typed(tenant_id)}, ConsistentRead=True
        )
        return _stored(answer["Item"]) if "Item" in answer else None

    def put(
        self,
        item: Item,
        *,
        replacing: StoredTenant | None,
        configs: Sequence[StoredConfig],
        counter: "TransactWriteItemTypeDef",
    ) -> StoredTenant:
        """Write a record in place of what was read, its version into the configs, and count it: all or nothing.

        The configs' change is what the resumption follows: deliveries that waited for the record are tried again.

        :param configs: all that the tenant has, at most ``MAX_CONFIGS``.
        :raises runtime.api.conditional_writes.ChangedMeanwhileError: something isn't as it was read any more.
        """
        self._changes.note(item["tenant_id"]["S"])
        put = {"TableName": self._table, "Item": item, **unchanged(replacing.item if replacing else None)}
        updates = [self._version_of(config, item["version"]) for config in configs]
        transact(self._dynamodb, [{"Put": put}, counter, *updates])
        return _stored(item)

    def states(self, tenant_ids: Iterable[str]) -> dict[str, str]:
        """Return the states of those that have a record, up to 100 tenants; one that can't be read is ``invalid``."""
        keys = [{"tenant_id": typed(tenant_id)} for tenant_id in tenant_ids]
        found: dict[str, str] = {}
        wanted: Mapping[str, KeysAndAttributesTypeDef | KeysAndAttributesOutputTypeDef] = (
            {self._table: {"Keys": keys, "ConsistentRead": True}} if keys else {}
        )
        while wanted:
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            for stored in map(_stored, answer["Responses"].get(self._table, ())):
                found[stored.record.tenant_id] = state_of(stored)
            wanted = answer["UnprocessedKeys"]
        return found

    def page(self, limit: int, after: str | None) -> tuple[list[StoredTenant], bool]:
        """Return up to ``limit`` records in the table's own order, and whether there may be more."""
        request: ScanInputTypeDef = {"TableName": self._table, "Limit": limit}
        if after is not None:
            request["ExclusiveStartKey"] = {"tenant_id": typed(after)}
        answer = self._dynamodb.scan(**request)
        return [_stored(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def _version_of(self, config: StoredConfig, version: AttributeValue) -> dict[str, dict[str, object]]:
        return {
            "Update": {
                "TableName": self._config_table,
                "Key": {name: config.item[name] for name in ("tenant_id", "type")},
                "UpdateExpression": "SET tenant_version = :version",
                "ConditionExpression": "attribute_exists(tenant_id)",
                "ExpressionAttributeValues": {":version": version},
            }
        }

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self._clients.client("dynamodb")


def state_of(stored: StoredTenant) -> str:
    """Return a record's state; ``invalid`` where it can't be read."""
    return stored.record.state if isinstance(stored.record, TenantRecord) else "invalid"


def _stored(item: Item) -> StoredTenant:
    return StoredTenant(item, read_record(plain_item(item)))
