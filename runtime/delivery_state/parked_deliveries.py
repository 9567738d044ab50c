"""The table's parked deliveries. Every listing is a Query: of a tenant, of a reason, of one destination in its turn.

Keys: (``tenant_id``, ``delivery`` = ``{type}#{object key}``). Sort keys that begin with ``!`` are other items of the
tenant (``status``): no delivery type begins so. Indexes are read with their usual short delay: what is decided on
them is confirmed on the item itself.
"""

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, Plain, typed
from runtime.delivery_state.destination_status import parked_there
from runtime.delivery_state.parked_delivery import ParkedDelivery, destination
from runtime.delivery_state.table import StateTable, changes, readable

BY_REASON = "by-reason"
BY_DESTINATION = "by-destination"
_KEYS_OF = {
    None: ("tenant_id", "delivery"),
    BY_REASON: ("reason", "first_attempt_at", "tenant_id", "delivery"),
    BY_DESTINATION: ("destination", "turn", "tenant_id", "delivery"),
}
FIRST_TYPE, AFTER_TYPES = "a", "{"
"""Delivery types begin with a letter from a to z: between these lie all parked deliveries of a tenant."""
CLAIM_SECONDS = 900
"""Ours: who claimed a delivery and was killed before it was sent and removed; then another may."""

logger = logging.getLogger("logrouter.parked_deliveries")


@dataclass(frozen=True, slots=True)
class ParkedResults:
    """Some parked deliveries, and what to ask for the next page with (``None``: that's all)."""

    deliveries: Sequence[ParkedDelivery]
    next_token: str | None


class ParkedDeliveries:
    """Reads and writes the table. Shared by all threads; what DynamoDB's client raises is raised."""

    def __init__(self, clients: AwsClients, table: str) -> None:
        self._table = StateTable(clients, table)

    def park(self, parked: ParkedDelivery, due_at: float) -> None:
        """Write one and its destination's due time in one transaction; an earlier item is replaced.

        One without the other would wait for ever, or be searched in vain.
        """
        message = parked.message
        there = {"Update": parked_there(message.tenant_id, message.type, due_at)}
        if not self._table.transact({"Put": _put(parked)}, there):
            self._table.transact({"Put": {"Item": parked.of_version().write()}}, there)

    def of_tenant(
        self, tenant_id: str, *, type_: str | None = None, limit: int = 100, next_token: str | None = None
    ) -> ParkedResults:
        """List a tenant's parked deliveries, or those of one of its delivery configs."""
        low, high = (f"{type_}#", f"{type_}$") if type_ else (FIRST_TYPE, AFTER_TYPES)
        return self._page(
            "tenant_id = :one AND delivery BETWEEN :low AND :high",
            {":one": tenant_id, ":low": low, ":high": high},
            limit,
            next_token,
        )

    def of_reason(self, reason: str, *, limit: int = 100, next_token: str | None = None) -> ParkedResults:
        """List all tenants' deliveries that are parked for a reason, longest waiting first."""
        return self._page("reason = :one", {":one": reason}, limit, next_token, index=BY_REASON)

    def next_in_order(self, tenant_id: str, type_: str, *, limit: int) -> Sequence[ParkedDelivery]:
        """Return those of one destination that are resumed next, oldest first."""
        values = {":one": destination(tenant_id, type_)}
        return self._page("destination = :one", values, limit, None, index=BY_DESTINATION).deliveries

    def count(self, tenant_id: str, type_: str, *, most: int | None = None) -> int:
        """Count those of one destination; with ``most`` no more than that, for a caller that can't wait for all."""
        request = self._table.query(
            "tenant_id = :one AND begins_with(delivery, :low)", {":one": tenant_id, ":low": f"{type_}#"}
        )
        request["Select"], request["ConsistentRead"] = "COUNT", True
        total = 0
        while most is None or total < most:
            if most is not None:
                request["Limit"] = most - total
            answer = self._table.client.query(**request)
            total += int(answer["Count"])
            if not answer.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return total

    def has_any(self, tenant_id: str, type_: str) -> bool:
        """Whether one destination has any at all, read consistently."""
        request = self._table.query(
            "tenant_id = :one AND begins_with(delivery, :low)", {":one": tenant_id, ":low": f"{type_}#"}
        )
        request["Limit"], request["ConsistentRead"] = 1, True
        return bool(self._table.client.query(**request)["Items"])

    def claim(self, parked: ParkedDelivery, now: float) -> bool:
        """Take one to resume it; false if it is gone, was parked again, or another is at it."""
        same, given = _same(parked)
        unclaimed = "(attribute_not_exists(claimed_at) OR claimed_at < :old)"
        values: dict[str, Plain] = {**given, ":now": now, ":old": now - CLAIM_SECONDS}
        change = changes("SET claimed_at = :now", values, condition=f"{same} AND {unclaimed}")
        return self._table.update(parked.item_key(), change)

    def release(self, parked: ParkedDelivery, claimed_at: float, seconds: float) -> bool:
        """Let one that couldn't be sent be claimed again after that many seconds; false if it isn't the caller's."""
        same, given = _same(parked)
        values: dict[str, Plain] = {**given, ":mine": claimed_at, ":then": claimed_at + seconds - CLAIM_SECONDS}
        change = changes("SET claimed_at = :then", values, condition=f"{same} AND claimed_at = :mine")
        return self._table.update(parked.item_key(), change)

    def remove(self, parked: ParkedDelivery) -> bool:
        """Remove one after it was sent; false if it has been parked again since: that one stays."""
        return self._table.delete(parked.item_key(), *_same(parked))

    def _page(
        self, condition: str, values: Mapping[str, str], limit: int, token: str | None, *, index: str | None = None
    ) -> ParkedResults:
        request = self._table.query(condition, values)
        request["Limit"] = limit
        if index:
            request["IndexName"] = index
        if token:
            request["ExclusiveStartKey"] = _read_token(token, values, index)
        answer = self._table.client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return ParkedResults(list(readable(answer["Items"], ParkedDelivery.read)), _write_token(last) if last else None)


def _put(parked: ParkedDelivery) -> Mapping[str, object]:
    """Return the write of an item, which replaces an earlier one of the same delivery and no other version's."""
    version = parked.message.version_id
    if version is None:
        return {"Item": parked.write()}
    condition = "attribute_not_exists(delivery) OR version_id = :version"
    return {
        "Item": parked.write(),
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {":version": typed(version)},
    }


def _same(parked: ParkedDelivery) -> tuple[str, dict[str, str]]:
    """Return the condition that it still is this parking, and the condition's values."""
    return ("parking_id = :id", {":id": parked.parking_id}) if parked.parking_id else ("attribute_exists(delivery)", {})


class UnreadableTokenError(ValueError):
    """A page's token isn't a valid one."""


def _write_token(key: Item) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_token(token: str, values: Mapping[str, str], index: str | None) -> Item:
    """Read a token; one of another listing than this (another tenant's, say) is none."""
    try:
        key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        texts = {name: value["S"] for name, value in key.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnreadableTokenError("the page token isn't one that was given") from None
    partition, *others = _KEYS_OF[index]
    fits = set(texts) == {partition, *others} and texts[partition] == values[":one"]
    if not fits or not all(isinstance(text, str) and text for text in texts.values()):
        raise UnreadableTokenError("the page token isn't one that was given")
    if index is None and not values[":low"] <= texts["delivery"] <= values[":high"]:
        raise UnreadableTokenError("the page token isn't one of this listing")
    return {name: {"S": text} for name, text in texts.items()}
