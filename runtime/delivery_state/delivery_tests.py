"""Test deliveries in the table: what was asked for, how far it is, what came of it. One item a delivery config.

A new test takes the place of the one before; what an older one still writes is dropped. A test whose function died
has no result: a reader sees that after its time.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, Plain, plain_item, typed
from runtime.delivery_state.table import StateTable, changes, test_key

KEPT_SECONDS: Final = 7 * 86_400  # ours
BEGUN_WITHIN_SECONDS: Final = 60.0
"""Ours: a request that Lambda couldn't hand to the function by then is dropped."""


class DeliveryTestState(StrEnum):
    """How far a test is. ``no-answer``: its function ended without a result, or never began."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    NO_ANSWER = "no-answer"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self not in (DeliveryTestState.QUEUED, DeliveryTestState.RUNNING)


@dataclass(frozen=True, slots=True)
class DeliveryTest:
    """One test delivery.

    :param steps: documents, as the API shows them. :param left: the name of what it leaves at the destination.
    :param attempts: begun so far. :param enables: whether the config is enabled when it passes.
    :param ends_by: when it has a result, epoch seconds. :param started_at, updated_at: epoch seconds.
    """

    tenant_id: str
    type: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: DeliveryTestState = DeliveryTestState.QUEUED
    steps: Sequence[Mapping[str, object]] = ()
    left: str = ""
    attempts: int = 0
    enables: bool = False
    requested_by: str = ""
    started_at: float = 0.0
    updated_at: float = 0.0
    ends_by: float = 0.0


class DeliveryTests:
    """Reads and writes test deliveries. What DynamoDB's client raises is raised. ``clock``: epoch seconds."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._table = StateTable(clients, table)
        self._clock = clock

    def start(self, test: DeliveryTest, *more: Mapping[str, Mapping[str, object]]) -> DeliveryTest | None:
        """Write a new one in place of any other.

        :param more: further writes of the same transaction. ``None``: a condition of theirs doesn't hold.
        """
        started = self.queued(test)
        return started if self._table.transact(self.write(started), *more) else None

    def queued(self, test: DeliveryTest) -> DeliveryTest:
        """Return a test that is asked for now."""
        now = self._clock()
        return replace(test, started_at=now, updated_at=now, ends_by=now + BEGUN_WITHIN_SECONDS)

    def write(self, test: DeliveryTest) -> dict[str, dict[str, object]]:
        """Return the part of a transaction that writes a test."""
        return {"Put": {"TableName": self._table.name, "Item": _written(test)}}

    def begin(self, tenant_id: str, type_: str, test_id: str, seconds: float) -> DeliveryTest | None:
        """Take a queued one to work on it; ``None`` where another has taken it, or a newer one is in its place.

        :param seconds: how long it may take.
        """
        test = self.of(tenant_id, type_, test_id)
        if test is None or test.state is not DeliveryTestState.QUEUED:
            return None
        now, me = self._clock(), uuid.uuid4().hex
        begun = replace(test, state=DeliveryTestState.RUNNING, updated_at=now, ends_by=now + seconds)
        # The latter: an answer was lost, and the call is repeated.
        return begun if self._update(begun, "(#state = :queued OR begun_by = :me)", me) else None

    def report(self, test: DeliveryTest) -> bool:
        """Write how far it is; false where a newer one is in its place."""
        return self._update(replace(test, updated_at=self._clock()), "#state = :running")

    def of(self, tenant_id: str, type_: str, test_id: str) -> DeliveryTest | None:
        """Return a test as it is now."""
        item = self._table.get(test_key(tenant_id, type_))
        if item is None or item["id"]["S"] != test_id:
            return None
        test = _read(item)
        if not test.state.has_ended and self._clock() > test.ends_by:
            return replace(test, state=DeliveryTestState.NO_ANSWER)
        return test

    def _update(self, test: DeliveryTest, condition: str, begun_by: str | None = None) -> bool:
        values = {name: value for name, value in _attributes(test).items() if name in _PROGRESS}
        state = DeliveryTestState.RUNNING if begun_by is None else DeliveryTestState.QUEUED
        named: dict[str, Plain | None] = {f":{name}": value for name, value in values.items()}
        named |= {":test": test.id, f":{state.value}": state.value, ":me": begun_by}
        update = changes(
            f"SET {', '.join(f'#{name} = :{name}' for name in values)}{', begun_by = :me' if begun_by else ''}",
            named,
            {**{f"#{name}": name for name in values}, "#id": "id"},
            f"#id = :test AND {condition}",
        )
        return self._table.update(test_key(test.tenant_id, test.type), update)


_PROGRESS: Final = ("state", "report", "left", "attempts", "updated_at", "ends_by")


def _attributes(test: DeliveryTest) -> dict[str, Plain]:
    return {
        "id": test.id,
        "state": test.state.value,
        "report": json.dumps(list(test.steps)),
        "left": test.left,
        "attempts": test.attempts,
        "enables": test.enables,
        "requested_by": test.requested_by,
        "started_at": test.started_at,
        "updated_at": test.updated_at,
        "ends_by": test.ends_by,
    }


def _written(test: DeliveryTest) -> Item:
    values = {**_attributes(test), "ttl": int(test.started_at) + KEPT_SECONDS, "config_type": test.type}
    return {**test_key(test.tenant_id, test.type), **{name: typed(value) for name, value in values.items()}}


def _read(item: Item) -> DeliveryTest:
    values = plain_item(item)
    return DeliveryTest(
        tenant_id=str(values["tenant_id"]),
        type=str(values["config_type"]),
        id=str(values["id"]),
        state=DeliveryTestState(str(values["state"])),
        steps=tuple(json.loads(str(values["report"]))),
        left=str(values["left"]),
        attempts=int(values["attempts"]),
        enables=bool(values["enables"]),
        requested_by=str(values["requested_by"]),
        **{name: float(values[name]) for name in ("started_at", "updated_at", "ends_by")},
    )
