"""The table of parked deliveries and related state: its keys, its conditional writes, its listings.

Keys are (``tenant_id``, ``delivery``). A tenant's own items: parked deliveries under ``{type}#{object key}``, statuses
under ``!{type}``, replays under ``!replay#{id}``. Partitions that begin with ``!`` are no tenant's. What a key is made
of is checked here: a text from a message or a request can't name another kind of item.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, cast

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.delivery_config.attribute_values import AttributeValue, Item, Plain, typed
from runtime.delivery_config.model import is_delivery_type, is_tenant_id
from runtime.errors import error_answer, error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        QueryInputPaginateTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

MAX_SORT_KEY_BYTES: Final = 1024  # DynamoDB quotas, partition and sort keys
BY_WORK: Final = "by-work"
WORK_NAME: Final = {"#work": "work"}  # a reserved word
REPLAYS: Final = "!replay#"
OTHERS: Final = "!#"
"""The tenant's other items: what the API counts and remembers. No delivery type begins so."""
RECONCILIATION: Final = "!reconciliation"
VERSIONS: Final = "!versions#"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9#_-]{0,127}")
logger = logging.getLogger("logrouter.delivery_state")

CONFLICT_ATTEMPTS: Final = 6
CONFLICT_PAUSES: Final = Backoff(0.05, 1.0)
_CONFLICT = "TransactionConflict"


def parked_key(tenant_id: str, type_: str, object_key: str) -> Item:
    """Return the key of a parked delivery; an object's key that is too long is replaced by its digest."""
    return _key(_tenant(tenant_id), fitting(f"{_type(type_)}#", object_key))


def status_key(tenant_id: str, type_: str) -> Item:
    """Return the key of a destination's status."""
    return _key(_tenant(tenant_id), f"!{_type(type_)}")


def replay_key(tenant_id: str, replay_id: str) -> Item:
    """Return the key of a replay."""
    return _key(_tenant(tenant_id), f"{REPLAYS}{_name(replay_id)}")


def other_key(tenant_id: str, name: str) -> Item:
    """Return the key of another item of the tenant."""
    return _key(_tenant(tenant_id), f"{OTHERS}{_name(name)}")


def test_key(tenant_id: str, type_: str) -> Item:
    """Return the key of a delivery config's latest test delivery."""
    return _key(_tenant(tenant_id), f"{OTHERS}test#{_type(type_)}")


def reconciliation_key(item: str) -> Item:
    """Return the key of something that the reconciler keeps."""
    return _key(RECONCILIATION, fitting("", item))


def version_key(tenant_id: str, type_: str, object_key: str) -> Item:
    """Return the key of the claim of a copy's name."""
    return _key(f"{VERSIONS}{_tenant(tenant_id)}", fitting(f"{_type(type_)}#", object_key))


def fitting(prefix: str, name: str) -> str:
    """Return a sort key of both, with the name's SHA-256 in its place where it would be too long."""
    whole = f"{prefix}{name}"
    if 0 < len(whole.encode("utf-8", "surrogatepass")) <= MAX_SORT_KEY_BYTES:
        return whole
    return f"{prefix}sha256:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _tenant(tenant_id: str) -> str:
    if not is_tenant_id(tenant_id):
        raise ValueError("not a tenant's id")
    return tenant_id


def _type(type_: str) -> str:
    if not is_delivery_type(type_):
        raise ValueError("not the type of a delivery config")
    return type_


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("not a name in a key")
    return text


def _key(partition: str, sort_key: str) -> Item:
    return {"tenant_id": typed(partition), "delivery": typed(sort_key)}


def changes(
    expression: str, values: Mapping[str, Plain | None], names: Mapping[str, str] | None = None, condition: str = ""
) -> "Update":
    """Return an update's parameters except its key; values are plain, and ``None`` is left out."""
    update: Update = {"UpdateExpression": expression}
    if condition:
        update["ConditionExpression"] = condition
    if given := {name: typed(value) for name, value in values.items() if value is not None}:
        update["ExpressionAttributeValues"] = given
    if names:
        update["ExpressionAttributeNames"] = names
    return update


class Condition(TypedDict, total=False):
    """On what a write is made, with the names and values in it."""

    ConditionExpression: str
    ExpressionAttributeValues: Mapping[str, AttributeValue]
    ExpressionAttributeNames: Mapping[str, str]


class Update(Condition):
    """An update of an item, whatever its key is."""

    UpdateExpression: str


@dataclass(frozen=True, slots=True)
class StateTable:
    """Shared by all threads. What DynamoDB's client raises is raised, unless a method says otherwise."""

    clients: AwsClients
    name: str

    def transact(self, *writes: Mapping[str, Mapping[str, object]]) -> bool:
        """Make several writes of the table, all or none; false where a condition doesn't hold."""
        of_table = [{name: {"TableName": self.name, **write} for name, write in each.items()} for each in writes]
        items = cast("list[TransactWriteItemTypeDef]", of_table)
        try:
            retry_conflicts(lambda: self.client.transact_write_items(TransactItems=items))
        except self.client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
            if "ConditionalCheckFailed" not in reasons:
                raise
            return False
        return True

    @property
    def client(self) -> "DynamoDBClient":
        """DynamoDB's client."""
        return self.clients.client("dynamodb")

    def get(self, key: Item) -> Item | None:
        """Return an item, read consistently; ``None`` where there is none."""
        answer = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def create(self, item: Item) -> bool:
        """Write a new item; false where there is one of its key."""
        new = "attribute_not_exists(tenant_id)"
        return self._conditional(lambda: self.client.put_item(TableName=self.name, Item=item, ConditionExpression=new))

    def update(self, key: Item, update: Update) -> bool:
        """Change an item; false where the update's condition doesn't hold."""
        return self._conditional(lambda: self.client.update_item(TableName=self.name, Key=key, **update))

    def delete(self, key: Item, condition: str, values: Mapping[str, Plain]) -> bool:
        """Delete an item; false where the condition doesn't hold."""
        given: Condition = {"ConditionExpression": condition}
        if values:
            given["ExpressionAttributeValues"] = {name: typed(value) for name, value in values.items()}
        return self._conditional(lambda: self.client.delete_item(TableName=self.name, Key=key, **given))

    def query(self, condition: str, values: Mapping[str, Plain]) -> "QueryInputTypeDef":
        """Return the parameters of a query of this table."""
        return {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {name: typed(value) for name, value in values.items()},
        }

    def query_work(self, work: str, now: float) -> "QueryInputTypeDef":
        """Return the parameters of a query of what has work of a kind to do, and is due; the longest waiting first."""
        query = self.query("#work = :work AND due_at <= :now", {":work": work, ":now": now})
        return {**query, "IndexName": BY_WORK, "ExpressionAttributeNames": WORK_NAME}

    def items(self, request: "QueryInputTypeDef") -> Iterator[Item]:
        """Yield the items of every page of a query."""
        for page in self.client.get_paginator("query").paginate(**cast("QueryInputPaginateTypeDef", request)):
            yield from page["Items"]

    def _conditional(self, write: Callable[[], object]) -> bool:
        try:
            retry_conflicts(write)
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def readable[Read](items: Iterable[Item], read: Callable[[Item], Read]) -> Iterator[Read]:
    """Read items; one that can't be read stays in the table, is logged, and never hides the others."""
    for item in items:
        try:
            yield read(item)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            logger.error(  # noqa: TRY400 - the exception's message might quote content
                "an item can't be read", extra={"error": type(error).__name__, "delivery": item.get("delivery")}
            )


def retry_conflicts[Result](write: Callable[[], Result], wait: Callable[[float], object] = scheduling.sleep) -> Result:
    """Write; once more, after growing pauses with full jitter, while another's transaction is at the item.

    DynamoDB refuses one of two writes that meet on an item at once, and botocore repeats neither. A destination's
    status is written by every delivery that is parked for it, so they do meet.

    What the write raises for any other reason, or at last for this one, is raised.
    """
    return CONFLICT_PAUSES.repeat(write, CONFLICT_ATTEMPTS, _is_conflict, wait=wait)


def _is_conflict(error: Exception) -> bool:
    """Whether that was all that stood against it (``TransactionCanceledException`` names a reason an item)."""
    if error_code(error) == f"{_CONFLICT}Exception":
        return True
    reasons = error_answer(error).get("CancellationReasons")
    codes = {reason.get("Code") for reason in reasons} if isinstance(reasons, list) else set[object]()
    return _CONFLICT in codes and codes <= {_CONFLICT, "None"}
