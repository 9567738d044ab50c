"""Replays in the table: what is wanted, and how far it is. Sort key ``!replay#{id}``, beside the parked deliveries."""

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_state.conflicts import retry_conflicts
from runtime.delivery_state.destination_status import BY_WORK, OTHERS, REPLAYS
from runtime.delivery_state.replay_selection import Selection

WORK = "replay"
MOST_RUNNING = 5  # ours: of one tenant at once
KEPT_SECONDS = 90 * 86_400  # ours: so long an ended replay can be looked up
_COUNTS = ("objects", "deliveries", "bytes")
_PROGRESS = ("state", "after", *_COUNTS, "updated_at")


logger = logging.getLogger("logrouter.replays")


class SameReplayError(Exception):
    """The same selection is being replayed already."""


class TooManyReplaysError(Exception):
    """As many of the tenant's replays are running as may be."""


class ReplayState(StrEnum):
    """How far a replay is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay.

    :param after: the last key whose delivery messages are all sent. :param objects, deliveries, bytes: sent so far.
    :param total_deliveries: counted beforehand, where it was. :param started_at, updated_at: epoch seconds.
    :param due_at: when the next part may be done, epoch seconds; ``None`` once it has ended.
    """

    selection: Selection
    per_second: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: ReplayState = ReplayState.RUNNING
    after: str = ""
    objects: int = 0
    deliveries: int = 0
    bytes: int = 0
    total_objects: int | None = None
    total_deliveries: int | None = None
    requested_by: str = ""
    started_at: float = 0.0
    updated_at: float = 0.0
    due_at: float | None = None

    @property
    def digest(self) -> str:
        """A name for what is selected: two replays of the same deliver the same twice."""
        document = json.dumps(self.selection.document(), sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()[:32]

    @property
    def tenant_id(self) -> str:
        """Whose objects they are."""
        return self.selection.tenant_id


class Replays:
    """Reads and writes replays. What DynamoDB's client raises is raised. ``clock``: epoch seconds."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._clients = clients
        self._table = table
        self._clock = clock

    def start(self, replay: Replay, *, most: int = MOST_RUNNING) -> Replay:
        """Write a new one, and that it runs, both or neither.

        :raises SameReplayError: the same selection is being replayed.
        :raises TooManyReplaysError: ``most`` of the tenant's are running.
        """
        now = self._clock()
        started = replace(replay, started_at=now, updated_at=now, due_at=now)
        put = {"Item": _write(started), "ConditionExpression": "attribute_not_exists(tenant_id)"}
        running = {
            "Key": _running_key(replay.tenant_id),
            "UpdateExpression": "ADD running :these",
            "ConditionExpression": "attribute_not_exists(running) OR "
            "(size(running) < :most AND NOT contains(running, :this))",
            "ExpressionAttributeValues": {
                ":these": {"SS": [replay.digest]},
                ":this": typed(replay.digest),
                ":most": typed(most),
            },
        }
        try:
            self._transact({"Put": put}, {"Update": running})
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            if "ConditionalCheckFailed" not in _codes(error):
                raise
            if replay.digest in self._running(replay.tenant_id):
                raise SameReplayError from None
            raise TooManyReplaysError from None
        return started

    def _running(self, tenant_id: str) -> set[str]:
        answer = self._dynamodb.get_item(TableName=self._table, Key=_running_key(tenant_id), ConsistentRead=True)
        return set(answer.get("Item", {}).get("running", {}).get("SS", ()))

    def _transact(self, *writes: Mapping[str, Mapping[str, Any]]) -> None:
        of_table = [{name: {"TableName": self._table, **write} for name, write in each.items()} for each in writes]
        retry_conflicts(lambda: self._dynamodb.transact_write_items(TransactItems=of_table))

    def of(self, tenant_id: str, replay_id: str) -> Replay | None:
        """Return one, read consistently; ``None`` also where its item can't be read."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=_key(tenant_id, replay_id), ConsistentRead=True)
        return next(_readable([answer["Item"]] if "Item" in answer else []), None)

    def of_tenant(self, tenant_id: str, limit: int = 100) -> list[Replay]:
        """Give a tenant's replays."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="tenant_id = :tenant AND begins_with(delivery, :prefix)",
            ExpressionAttributeValues={":tenant": typed(tenant_id), ":prefix": typed(REPLAYS)},
            Limit=limit,
        )
        return sorted(_readable(answer["Items"]), key=lambda one: one.started_at, reverse=True)

    def due(self, limit: int = 100) -> list[Replay]:
        """Give running replays on which nobody works, the longest waiting first."""
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=BY_WORK,
            KeyConditionExpression="#work = :replay AND due_at <= :now",
            ExpressionAttributeNames={"#work": "work"},
            ExpressionAttributeValues={":replay": typed(WORK), ":now": typed(self._clock())},
            Limit=limit,
        )
        return list(_readable(answer["Items"]))

    def save(self, seen: Replay, changed: Replay) -> Replay | None:
        """Write progress, or take a lease; ``None`` if another has changed it since it was read: it is theirs then."""
        changed = replace(changed, updated_at=self._clock())
        if changed.state is not ReplayState.RUNNING:
            changed = replace(changed, due_at=None)
        values = {name: getattr(changed, name) for name in _PROGRESS} | {"due_at": changed.due_at}
        removed: tuple[str, ...] = ()
        if changed.due_at is None:
            values |= {"ttl": int(changed.updated_at + KEPT_SECONDS)}
            removed = ("work", "due_at")
        written = {name: value for name, value in values.items() if value is not None}
        return changed if self._update_if(changed, written, removed, seen.due_at or 0) else None

    def _update_if(self, replay: Replay, written: Mapping[str, Any], removed: Iterable[str], seen: float) -> bool:
        sets = ", ".join(f"#{name} = :{name}" for name in written)
        gone = ", ".join(f"#{name}" for name in removed)
        names = {f"#{name}": name for name in (*written, *removed, "state", "due_at")}
        values = {f":{name}": typed(value) for name, value in written.items()}
        update = {
            "UpdateExpression": f"SET {sets} REMOVE {gone}" if gone else f"SET {sets}",
            "ConditionExpression": "#state = :running AND #due_at = :seen",
            "ExpressionAttributeNames": names,  # several of them are reserved words
            "ExpressionAttributeValues": {**values, ":running": typed(ReplayState.RUNNING), ":seen": typed(seen)},
        }
        return self._if_running(replay, update, ended=replay.state is not ReplayState.RUNNING)

    def cancel(self, tenant_id: str, replay_id: str) -> bool:
        """End a running one, whoever works on it; what was sent is sent. False if there is none that runs."""
        replay = self.of(tenant_id, replay_id)
        update = {
            "UpdateExpression": "SET #state = :cancelled REMOVE #work, due_at",
            "ConditionExpression": "#state = :running",
            "ExpressionAttributeNames": {"#state": "state", "#work": "work"},
            "ExpressionAttributeValues": {
                ":cancelled": typed(ReplayState.CANCELLED),
                ":running": typed(ReplayState.RUNNING),
            },
        }
        return replay is not None and self._if_running(replay, update, ended=True)

    def _if_running(self, replay: Replay, update: Mapping[str, Any], *, ended: bool) -> bool:
        """Update one on a condition; one that ends makes room for another in the same transaction."""
        keyed = {"Key": _key(replay.tenant_id, replay.id), **update}
        room = {
            "Key": _running_key(replay.tenant_id),
            "UpdateExpression": "DELETE running :this",
            "ExpressionAttributeValues": {":this": {"SS": [replay.digest]}},
        }
        errors = self._dynamodb.exceptions
        try:
            if ended:
                self._transact({"Update": keyed}, {"Update": room})
            else:
                self._dynamodb.update_item(TableName=self._table, **keyed)
        except errors.ConditionalCheckFailedException:
            return False
        except errors.TransactionCanceledException as error:
            if "ConditionalCheckFailed" not in _codes(error):
                raise
            return False
        return True

    @property
    def _dynamodb(self) -> Any:
        return self._clients.client("dynamodb")


def _key(tenant_id: str, replay_id: str) -> dict[str, Any]:
    return {"tenant_id": typed(tenant_id), "delivery": typed(f"{REPLAYS}{replay_id}")}


def _running_key(tenant_id: str) -> dict[str, Any]:
    return {"tenant_id": typed(tenant_id), "delivery": typed(f"{OTHERS}running-replays")}


def _codes(error: Any) -> set[str]:
    return {reason.get("Code", "") for reason in error.response.get("CancellationReasons", ())}


def _readable(items: Iterable[Mapping[str, Any]]) -> Iterator[Replay]:
    """Read items; one that can't be read stays in the table, and doesn't hide the others."""
    for item in items:
        try:
            yield _read(item)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            logger.error(  # noqa: TRY400 - the exception's message might quote content
                "a replay can't be read", extra={"error": type(error).__name__, "delivery": item["delivery"]}
            )


def _write(replay: Replay) -> dict[str, Any]:
    plain = ("id", "state", "after", "per_second", "total_objects", "total_deliveries", "requested_by")
    values: dict[str, Any] = {name: getattr(replay, name) for name in (*plain, *_COUNTS)}
    values |= {"started_at": replay.started_at, "updated_at": replay.updated_at, "due_at": replay.due_at}
    values["selection"] = json.dumps(replay.selection.document())
    if replay.state is ReplayState.RUNNING:
        values["work"] = WORK
    else:
        values["ttl"] = int(replay.updated_at + KEPT_SECONDS)
    typed_values = {name: typed(value) for name, value in values.items() if value is not None}
    return {**_key(replay.tenant_id, replay.id), **typed_values}


def _read(item: Mapping[str, Any]) -> Replay:
    values = plain_item(item)
    known = set(Replay.__slots__) - {"selection", "state"}
    return Replay(
        Selection.read(json.loads(values["selection"])),
        state=ReplayState(values["state"]),
        **{name: values[name] for name in known if name in values},
    )
