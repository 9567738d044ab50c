"""How each destination is: its last success and failure, and, while deliveries are parked, when it is tried again.

One item beside the parked deliveries: sort key ``!{type}``. Whoever has to look after it finds it through the index
``by-work``, whose items are only those with something to do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_state.conflicts import retry_conflicts
from runtime.delivery_state.next_steps import next_step
from runtime.errors import DeliveryError

BY_WORK = "by-work"
PROBE = "probe"
REPLAYS = "!replay#"
"""Replays are kept under sort keys that begin so (``runtime.delivery_state.replays``), among those of the statuses."""
OTHERS = "!#"
"""The tenant's other items: what the API counts and remembers. No delivery type begins so."""
MAX_DETAIL_CHARACTERS = 1024
BATCH = 100  # items of one BatchGetItem (DynamoDB API reference)


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """What is known of one destination. Times are epoch seconds, 0 for never.

    :param lag_seconds: the age of the oldest event when it was last delivered.
    :param failing_since: when the failures began that no success has followed yet.
    :param failure: the last one: ``reason``, ``detail``, ``hop``, ``action``, ``resource``, ``next_step``.
    :param due_at: when the resumer looks at it again; ``None``: there is nothing to resume.
    :param parkings: how many deliveries were ever parked. :param probes: sent since it last worked.
    """

    tenant_id: str
    type: str
    last_success_at: float = 0.0
    last_failure_at: float = 0.0
    failing_since: float = 0.0
    lag_seconds: float | None = None
    failure: Mapping[str, str] = field(default_factory=dict)
    due_at: float | None = None
    parkings: int = 0
    probe_sent_at: float = 0.0
    probes: int = 0

    @property
    def works(self) -> bool:
        """Whether it has acknowledged something since it last failed and since it was last probed."""
        return self.last_success_at > max(self.last_failure_at, self.probe_sent_at)


class DestinationStatuses:
    """Reads and writes the items. Shared by all threads; what DynamoDB's client raises is raised."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._clients = clients
        self._table = table
        self._clock = clock

    def of(self, tenant_id: str, type_: str) -> DestinationStatus:
        """Give one destination's status, read consistently; an empty one if nothing is known."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=_key(tenant_id, type_), ConsistentRead=True)
        return _read(answer["Item"]) if "Item" in answer else DestinationStatus(tenant_id, type_)

    def of_tenant(self, tenant_id: str) -> list[DestinationStatus]:
        """Give all of a tenant's, by type: those under which something was tried."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="tenant_id = :tenant AND delivery BETWEEN :low AND :high",
            ExpressionAttributeValues={":tenant": typed(tenant_id), ":low": typed("!a"), ":high": typed("!{")},
        )
        items = [item for page in pages for item in page["Items"]]
        return [_read(item) for item in items if not item["delivery"]["S"].startswith(REPLAYS)]

    def of_all(self, destinations: Iterable[tuple[str, str]]) -> Iterator[DestinationStatus]:
        """Yield the statuses of destinations, by tenant and type; of one under which nothing was tried, none."""
        for some in batched(destinations, BATCH, strict=False):
            wanted: dict[str, Any] = {self._table: {"Keys": [_key(*one) for one in some]}}
            while wanted:  # DynamoDB may leave some for the next call; its own throttling slows this down
                answer = self._dynamodb.batch_get_item(RequestItems=wanted)
                yield from map(_read, answer["Responses"].get(self._table, ()))
                wanted = answer.get("UnprocessedKeys", {})

    def succeeded(self, tenant_id: str, type_: str, lag_seconds: float | None) -> None:
        """Note that the destination has acknowledged a delivery."""
        values: dict[str, Any] = {":now": self._clock(), ":lag": lag_seconds}
        lag = "" if lag_seconds is None else ", lag_seconds = :lag"
        self._update(tenant_id, type_, f"SET last_success_at = :now{lag} REMOVE failing_since", values)

    def failed(self, tenant_id: str, type_: str, error: DeliveryError) -> None:
        """Note a failure: what was called on what, why it failed, and what has to be changed."""
        call = error.call
        values: dict[str, Any] = {
            ":now": self._clock(),
            ":reason": error.reason,
            ":detail": error.detail[:MAX_DETAIL_CHARACTERS],
            ":hop": call.hop,
            ":action": call.action,
            ":resource": call.resource,
            ":next": call.next_step or next_step(error.reason),
        }
        self._update(
            tenant_id,
            type_,
            "SET last_failure_at = :now, failing_since = if_not_exists(failing_since, :now), "
            "failure_reason = :reason, failure_detail = :detail, failure_hop = :hop, "
            "failure_action = :action, failure_resource = :resource, failure_next_step = :next",
            values,
        )

    def due(self, limit: int = 25) -> list[DestinationStatus]:
        """Give the destinations that are to be looked after now, the longest waiting first."""
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=BY_WORK,
            KeyConditionExpression="#work = :probe AND due_at <= :now",
            ExpressionAttributeNames={"#work": "work"},
            ExpressionAttributeValues={":probe": typed(PROBE), ":now": typed(self._clock())},
            Limit=limit,
        )
        return [_read(item) for item in answer["Items"]]

    def move(self, status: DestinationStatus, due_at: float, *, probed: bool = False, works: bool = False) -> bool:
        """Set when it is looked after again; false if another has moved it since it was read: it is theirs then."""
        expression, values = "SET due_at = :due", {":due": due_at, ":seen": status.due_at}
        if probed:
            expression += ", probe_sent_at = :now ADD probes :one"
            values |= {":now": self._clock(), ":one": 1}
        if works:
            expression += ", probes = :none"
            values |= {":none": 0}
        return self._update_if(status, expression, "due_at = :seen", values)

    def expedite(self, tenant_id: str, type_: str) -> bool:
        """Let it be tried now, from the beginning of the delays; false if nothing is parked."""
        return self._update_if(
            DestinationStatus(tenant_id, type_),
            "SET due_at = :now, probes = :none",
            "attribute_exists(due_at)",
            {":now": self._clock(), ":none": 0},
        )

    def finish(self, status: DestinationStatus) -> bool:
        """Note that nothing is parked; false if something has been since the status was read."""
        return self._update_if(
            status,
            "REMOVE #work, due_at SET probes = :none",
            "parkings = :seen",
            {":none": 0, ":seen": status.parkings},
            ExpressionAttributeNames={"#work": "work"},
        )

    def _update_if(
        self, status: DestinationStatus, expression: str, condition: str, values: Mapping[str, Any], **more: Any
    ) -> bool:
        try:
            self._update(status.tenant_id, status.type, expression, values, ConditionExpression=condition, **more)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(self, tenant_id: str, type_: str, expression: str, values: Mapping[str, Any], **more: Any) -> None:
        update = {"TableName": self._table, **_an_update(tenant_id, type_, expression, values), **more}
        retry_conflicts(lambda: self._dynamodb.update_item(**update))

    @property
    def _dynamodb(self) -> Any:
        return self._clients.client("dynamodb")


def to_be_tried(tenant_id: str, type_: str, due_at: float) -> dict[str, Any]:
    """Give the update that notes a parked delivery: its destination is to be tried then, or sooner if it already is."""
    expression = "SET #work = :probe, due_at = if_not_exists(due_at, :due) ADD parkings :one"
    update = _an_update(tenant_id, type_, expression, {":probe": PROBE, ":due": due_at, ":one": 1})
    return {**update, "ExpressionAttributeNames": {"#work": "work"}}


def earliest(statuses: Iterable[DestinationStatus]) -> float | None:
    """Give the time at which the first of them is due."""
    return min((status.due_at for status in statuses if status.due_at is not None), default=None)


def _an_update(tenant_id: str, type_: str, expression: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Key": _key(tenant_id, type_),
        "UpdateExpression": expression,
        "ExpressionAttributeValues": {name: typed(value) for name, value in values.items() if value is not None},
    }


def _key(tenant_id: str, type_: str) -> dict[str, Any]:
    return {"tenant_id": typed(tenant_id), "delivery": typed(f"!{type_}")}


def _read(item: Mapping[str, Any]) -> DestinationStatus:
    values = plain_item(item)
    prefix = "failure_"
    failure = {name.removeprefix(prefix): str(text) for name, text in values.items() if name.startswith(prefix)}
    known = (
        "last_success_at",
        "last_failure_at",
        "failing_since",
        "lag_seconds",
        "due_at",
        "parkings",
        "probe_sent_at",
        "probes",
    )
    numbers = {name: values[name] for name in known if name in values}
    return DestinationStatus(values["tenant_id"], values["delivery"].removeprefix("!"), failure=failure, **numbers)
