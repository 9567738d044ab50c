"""Writes on the condition that nothing has changed since it was read: all of a transaction, or nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from runtime.delivery_config.attribute_values import Item
from runtime.delivery_state.table import Condition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

type Write = Mapping[str, Mapping[str, object]] | TransactWriteItemTypeDef
"""One action of a transaction."""

NO_PART_OF_THE_ETAG = "tenant_version"
"""Follows the tenant's record: a caller that holds a config's ETag has nothing to read again for it."""


class ChangedMeanwhileError(Exception):
    """The item isn't any more what the caller's decision was made of; nothing was written."""


def etag_of(item: Item) -> str:
    """Return an item's strong ETag: of all that is stored, so that a change by hand changes it too.

    Each write brings a version of its own: an ETag never repeats, not even when a config is deleted and created again.
    """
    content = {
        name: {"SS": sorted(value["SS"])} if "SS" in value else value
        for name, value in item.items()
        if name != NO_PART_OF_THE_ETAG
    }
    return f'"{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]}"'


def unchanged(item: Item | None) -> Condition:
    """Return the condition that an item has every attribute as it was read; by hand, any may have been changed."""
    if item is None:
        return {"ConditionExpression": "attribute_not_exists(tenant_id)"}
    attributes = list(item.items())
    condition = " AND ".join(f"#a{number} = :a{number}" for number in range(len(attributes)))
    if "version" not in item:
        condition += " AND attribute_not_exists(version)"
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#a{number}": name for number, (name, _) in enumerate(attributes)},
        "ExpressionAttributeValues": {f":a{number}": value for number, (_, value) in enumerate(attributes)},
    }


def transact(dynamodb: "DynamoDBClient", writes: Sequence[Write]) -> None:
    """Write all or nothing. The SDK names each call: one that it repeats after a lost answer takes effect once.

    :raises ChangedMeanwhileError: a condition doesn't hold, or another has written meanwhile.
    """
    try:
        dynamodb.transact_write_items(TransactItems=[cast("TransactWriteItemTypeDef", write) for write in writes])
    except dynamodb.exceptions.TransactionCanceledException as error:
        codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
        if not codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise
        raise ChangedMeanwhileError from None
