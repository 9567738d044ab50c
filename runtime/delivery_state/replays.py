"""Replays in the table: selection and progress. Sort key ``!replay#{id}``, next to the parked deliveries."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, Plain, plain_item, typed
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_state.table import (
    REPLAYS,
    StateTable,
    Update,
    changes,
    other_key,
    readable,
    replay_key,
)

WORK = "replay"
MOST_RUNNING = 5  # ours: of one tenant at once
KEPT_SECONDS = 90 * 86_400  # ours: so long an ended replay can be looked up
_COUNTS = ("objects", "deliveries", "bytes")
_PROGRESS = ("state", "after", *_COUNTS, "updated_at")


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
        self._table = StateTable(clients, table)
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
        if not self._table.transact({"Put": put}, {"Update": running}):
            if replay.digest in self._running(replay.tenant_id):
                raise SameReplayError
            raise TooManyReplaysError
        return started

    def _running(self, tenant_id: str) -> set[str]:
        item = self._table.get(_running_key(tenant_id)) or {}
        return set(item.get("running", {}).get("SS", ()))

    def of(self, tenant_id: str, replay_id: str) -> Replay | None:
        """Return one, read consistently; ``None`` also where its item can't be read."""
        item = self._table.get(replay_key(tenant_id, replay_id))
        return next(readable([item] if item else [], _read), None)

    def of_tenant(self, tenant_id: str, limit: int = 100) -> list[Replay]:
        """Return a tenant's replays."""
        condition = "tenant_id = :tenant AND begins_with(delivery, :prefix)"
        query = self._table.query(condition, {":tenant": tenant_id, ":prefix": REPLAYS})
        found = islice(readable(self._table.items(query), _read), limit)
        return sorted(found, key=lambda one: one.started_at, reverse=True)

    def due(self, limit: int = 100) -> list[Replay]:
        """Return running replays that no process works on, the longest waiting first."""
        query = self._table.query_work(WORK, self._clock())
        return list(islice(readable(self._table.items(query), _read), limit))

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

    def _update_if(self, replay: Replay, written: Mapping[str, Plain], removed: Iterable[str], seen: float) -> bool:
        sets = ", ".join(f"#{name} = :{name}" for name in written)
        gone = ", ".join(f"#{name}" for name in removed)
        names = {f"#{name}": name for name in (*written, *removed, "state", "due_at")}
        values = {f":{name}": value for name, value in written.items()}
        update = changes(
            f"SET {sets} REMOVE {gone}" if gone else f"SET {sets}",
            {**values, ":running": ReplayState.RUNNING, ":seen": seen},
            names,  # several of them are reserved words
            "#state = :running AND #due_at = :seen",
        )
        return self._if_running(replay, update, ended=replay.state is not ReplayState.RUNNING)

    def cancel(self, tenant_id: str, replay_id: str) -> bool:
        """End a running one, also while it is worked on; sent messages stay sent. False if none runs."""
        replay = self.of(tenant_id, replay_id)
        update = changes(
            "SET #state = :cancelled REMOVE #work, due_at",
            {":cancelled": ReplayState.CANCELLED, ":running": ReplayState.RUNNING},
            {"#state": "state", "#work": "work"},
            "#state = :running",
        )
        return replay is not None and self._if_running(replay, update, ended=True)

    def _if_running(self, replay: Replay, update: Update, *, ended: bool) -> bool:
        """Update one on a condition; one that ends makes room for another in the same transaction."""
        key = replay_key(replay.tenant_id, replay.id)
        if not ended:
            return self._table.update(key, update)
        room = {
            "Key": _running_key(replay.tenant_id),
            "UpdateExpression": "DELETE running :this",
            "ExpressionAttributeValues": {":this": {"SS": [replay.digest]}},
        }
        return self._table.transact({"Update": {"Key": key, **update}}, {"Update": room})


def _running_key(tenant_id: str) -> Item:
    return other_key(tenant_id, "running-replays")


def _write(replay: Replay) -> Item:
    plain = ("id", "state", "after", "per_second", "total_objects", "total_deliveries", "requested_by")
    values: dict[str, Plain | None] = {name: getattr(replay, name) for name in (*plain, *_COUNTS)}
    values |= {"started_at": replay.started_at, "updated_at": replay.updated_at, "due_at": replay.due_at}
    values["selection"] = json.dumps(replay.selection.document())
    if replay.state is ReplayState.RUNNING:
        values["work"] = WORK
    else:
        values["ttl"] = int(replay.updated_at + KEPT_SECONDS)
    typed_values = {name: typed(value) for name, value in values.items() if value is not None}
    return {**replay_key(replay.tenant_id, replay.id), **typed_values}


def _read(item: Item) -> Replay:
    values = plain_item(item)
    known = set(Replay.__slots__) - {"selection", "state"}
    return Replay(
        Selection.read(json.loads(values["selection"])),
        state=ReplayState(values["state"]),
        **{name: values[name] for name in known if name in values},
    )
