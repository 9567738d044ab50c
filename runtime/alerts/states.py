"""The table of alert states: one item a rule and key, written on the condition that it is as it was read.

Keys are (``tenant_id``, ``alert``: ``{rule}#{key digest}``). What has something to do at a time is found by the index
``by-work``; its partitions are a few, because one takes a thousand writes a second (DynamoDB quotas).
"""

import base64
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from runtime import scheduling
from runtime.alerts.evaluation import AlertState, Match, due
from runtime.alerts.rule import AlertRule, is_rule_name, key_digest
from runtime.alerts.work import StoredState
from runtime.delivery_config.attribute_values import AttributeValue, Item, plain_item, typed
from runtime.delivery_state.table import StateTable, Update, readable
from runtime.errors import Hop, classify

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

SHARDS: Final = 8
_MATCH: Final = struct.Struct(">Qqd")
"""A match's id, its line's time (ms) and its arrival (s): 256 of them in base64 are 8 KB."""
_SHOWN: Final = "alert, join_key, #state"
_NAMES: Final = {"#work": "work", "#ttl": "ttl", "#state": "state", "#join": "join_key", "#version": "version"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AlertState).decode


@dataclass(frozen=True, slots=True)
class DueAlert:
    """A state that has something to do. ``key``: what its lines agree in."""

    tenant_id: str
    rule: str
    key: dict[str, str]


@dataclass(frozen=True, slots=True)
class FiredAlert:
    """An alert that fires, or did. ``place``: its sort key; ``state`` is without the matches that it remembers."""

    place: str
    rule: str
    key: dict[str, str]
    state: AlertState


@dataclass(frozen=True, slots=True)
class AlertStates:
    """Shared by all threads. ``clock``: epoch seconds. Whatever fails is a ``DeliveryError``."""

    table: StateTable
    clock: Callable[[], float] = scheduling.now

    def read(self, rule: AlertRule, key: dict[str, str]) -> StoredState:
        """Return a state as it is now, read consistently."""
        item = self._asked("GetItem", lambda: self.table.get(_key(rule.tenant_id, rule.name, key)))
        if item is None:
            return StoredState(AlertState(), key)
        plain = plain_item(item)
        return StoredState(_state(plain), key, int(plain["version"]))

    def write(self, rule: AlertRule, stored: StoredState, state: AlertState) -> StoredState | None:
        """Write a state in place of what was read; ``None``: it isn't that any more."""
        version = (stored.version or 0) + 1
        update = _update(rule, stored, state, version, self.clock())
        key = _key(rule.tenant_id, rule.name, stored.key)
        written = self._asked("UpdateItem", lambda: self.table.update(key, update))
        return StoredState(state, stored.key, version) if written else None

    def due(self, now: float) -> Iterator[DueAlert]:
        """Yield what has something to do by now, of each partition the longest waiting first."""
        for shard in range(SHARDS):
            items = self._asked("Query", partial(self._due, shard, now))
            yield from readable(items, _due_alert)

    def fired(self, tenant_id: str, after: str | None = None) -> Iterator[FiredAlert]:
        """Yield a tenant's alerts that fire, or have, in the order of their places, from the one behind ``after`` on.

        One that is resolved is forgotten after an hour at the earliest, when its state expires.
        """
        query = self.table.query("tenant_id = :tenant", {":tenant": tenant_id})
        query |= {"ProjectionExpression": _SHOWN, "ExpressionAttributeNames": {"#state": "state"}}
        if after is not None:
            query["ExclusiveStartKey"] = {"tenant_id": typed(tenant_id), "alert": typed(after)}
        read = readable(self._pages(query), _fired_alert)
        return (alert for alert in read if alert.state.firing or alert.state.resolved)

    def _pages(self, query: "QueryInputTypeDef") -> Iterator[Item]:
        try:
            yield from self.table.items(query)
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action="dynamodb:Query", resource=self.table.name) from error

    def drop(self, alert: DueAlert) -> None:
        """Delete the state of a rule that there isn't any more."""
        key = _key(alert.tenant_id, alert.rule, alert.key)
        self._asked("DeleteItem", lambda: self.table.delete(key, "attribute_exists(tenant_id)", {}))

    def _due(self, shard: int, now: float) -> list[Item]:
        return [*self.table.items(self.table.query_work(_work(shard), now))]

    def _asked[Answer](self, action: str, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action=f"dynamodb:{action}", resource=self.table.name) from error


def _key(tenant_id: str, rule: str, key: dict[str, str]) -> Item:
    return {"tenant_id": typed(tenant_id), "alert": typed(f"{rule}#{key_digest(key)}")}


def _work(shard: int) -> str:
    return f"alert#{shard}"


def _update(rule: AlertRule, stored: StoredState, state: AlertState, version: int, now: float) -> Update:
    limits, when = rule.limits, due(state, rule.limits)
    kept = max(now, state.last_arrival, when or 0.0) + limits.kept_seconds + limits.resolve_seconds
    sets = ["#state = :state", "recent = :recent", "#join = :join", "#version = :next", "#ttl = :ttl"]
    values: dict[str, AttributeValue] = {
        ":state": typed(_encode(replace(state, recent=())).decode()),
        ":recent": typed(_packed(state.recent)),
        ":join": typed(stored.key),
        ":next": typed(version),
        ":ttl": typed(int(kept) + 1),
    }
    removed = ""
    if when is None:
        removed = " REMOVE #work, due_at"
    else:
        sets += ["#work = :work", "due_at = :due"]
        shard = int(key_digest(stored.key)[:8], 16) % SHARDS
        values |= {":work": typed(_work(shard)), ":due": typed(round(when, 3))}
    condition = "attribute_not_exists(#version)"
    if stored.version is not None:
        condition, values[":read"] = "#version = :read", typed(stored.version)
    return {
        "UpdateExpression": f"SET {', '.join(sets)}{removed}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": values,
    }


def _packed(matches: tuple[Match, ...]) -> str:
    packed = b"".join(_MATCH.pack(match.id, match.time_ms, match.arrived) for match in matches)
    return base64.b64encode(packed).decode()


def _state(plain: Mapping[str, str]) -> AlertState:
    matches = _MATCH.iter_unpack(base64.b64decode(plain["recent"]))
    recent = tuple(Match(id_, time_ms, arrived) for id_, time_ms, arrived in matches)
    return replace(_decode(plain["state"].encode()), recent=recent)


def _fired_alert(item: Item) -> FiredAlert:
    plain = plain_item(item)
    place = str(plain["alert"])
    return FiredAlert(place, place.partition("#")[0], dict(plain["join_key"]), _decode(plain["state"].encode()))


def is_place(text: str) -> bool:
    """Whether a text can be the sort key of a state."""
    rule, _, digest = text.partition("#")
    return is_rule_name(rule) and re.fullmatch("[0-9a-f]{16}", digest) is not None


def _due_alert(item: Item) -> DueAlert:
    plain = plain_item(item)
    return DueAlert(str(plain["tenant_id"]), str(plain["alert"]).partition("#")[0], dict(plain["join_key"]))
