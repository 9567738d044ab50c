"""How each destination is: its last success and failure, and, while deliveries are parked, when it is tried again.

One item beside the parked deliveries: sort key ``!{type}``. What is due is found through the index
``by-work``, whose items are only those with something to do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched, islice
from typing import TYPE_CHECKING, Any

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import Item, Plain, plain_item
from runtime.delivery_state.next_steps import next_step
from runtime.delivery_state.table import (
    OTHERS,
    REPLAYS,
    WORK_NAME,
    StateTable,
    changes,
    readable,
    status_key,
)
from runtime.errors import DeliveryError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesUnionTypeDef

PROBE = "probe"
PROGRAM_COUNT = "program_"
"""Before the names of what programs count (``runtime.programs.application``), since there is one."""
MAX_DETAIL_CHARACTERS = 1024
BATCH = 100  # items of one BatchGetItem (DynamoDB API reference)


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """What is known of one destination. Times are epoch seconds, 0 for never.

    :param lag_seconds: the age of the oldest event when it was last delivered.
    :param failing_since: when the failures began that no success has followed yet.
    :param failure: the last one: ``reason``, ``detail``, ``hop``, ``action``, ``resource``, ``next_step``.
    :param due_at: when the resumer looks at it again; ``None``: there is nothing to resume.
    :param log_group_created_at: when a delivery last created the missing log group, without what its owner gave it.
    :param parkings: how many deliveries were ever parked. :param probes: sent since it last worked.
    :param program_kills: of the program that was killed last. :param program: what programs have counted.
    """

    tenant_id: str
    type: str
    last_success_at: float = 0.0
    last_failure_at: float = 0.0
    failing_since: float = 0.0
    lag_seconds: float | None = None
    failure: Mapping[str, str] = field(default_factory=dict)
    due_at: float | None = None
    log_group_created_at: float = 0.0
    parkings: int = 0
    probe_sent_at: float = 0.0
    probes: int = 0
    program_kills: int = 0
    program: Mapping[str, int] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether it has acknowledged something since it last failed and since it was last probed."""
        return self.last_success_at > max(self.last_failure_at, self.probe_sent_at)


class DestinationStatuses:
    """Reads and writes the items. Shared by all threads; what DynamoDB's client raises is raised."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._table = StateTable(clients, table)
        self._clock = clock

    def of(self, tenant_id: str, type_: str) -> DestinationStatus:
        """Return one destination's status, read consistently; an empty one where nothing is known, or can be read."""
        item = self._table.get(status_key(tenant_id, type_))
        return next(readable([item] if item else [], _read), DestinationStatus(tenant_id, type_))

    def of_tenant(self, tenant_id: str) -> list[DestinationStatus]:
        """Return all of a tenant's, by type: those under which something was tried."""
        condition = "tenant_id = :tenant AND begins_with(delivery, :status)"
        items = self._table.items(self._table.query(condition, {":tenant": tenant_id, ":status": "!"}))
        return list(readable((item for item in items if _is_status(item)), _read))

    def of_all(self, destinations: Iterable[tuple[str, str]]) -> Iterator[DestinationStatus]:
        """Yield the statuses of destinations, by tenant and type; of one under which nothing was tried, none."""
        table = self._table
        for some in batched(destinations, BATCH, strict=False):
            wanted: Mapping[str, KeysAndAttributesUnionTypeDef] = {
                table.name: {"Keys": [status_key(*one) for one in some]}
            }
            while wanted:  # DynamoDB may leave some for the next call; its own throttling slows this down
                answer = table.client.batch_get_item(RequestItems=wanted)
                yield from readable(answer["Responses"].get(table.name, ()), _read)
                wanted = answer.get("UnprocessedKeys", {})

    def succeeded(
        self,
        tenant_id: str,
        type_: str,
        lag_seconds: float | None,
        *,
        created_log_group: bool = False,
        program: Mapping[str, int] | None = None,
    ) -> None:
        """Note that the destination has acknowledged a delivery.

        :param program: what its program has counted since the last note, to be added.
        :param created_log_group: its log group was missing, and came back without what its owner had given it.
        """
        values: dict[str, Plain | None] = {":now": self._clock(), ":lag": lag_seconds}
        lag = "" if lag_seconds is None else ", lag_seconds = :lag"
        created = ", log_group_created_at = :now" if created_log_group else ""
        counts = {f":p_{name}": count for name, count in (program or {}).items() if count}
        values |= counts
        added = ", ".join(f"{PROGRAM_COUNT}{name.removeprefix(':p_')} {name}" for name in counts)
        add = f" ADD {added}" if added else ""
        self._update(tenant_id, type_, f"SET last_success_at = :now{lag}{created} REMOVE failing_since{add}", values)

    def failed(self, tenant_id: str, type_: str, error: DeliveryError) -> None:
        """Store a failure: the call, its resource, the reason, and the next step."""
        call = error.call
        values: dict[str, Plain | None] = {
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
        """Return the destinations that are due, the longest waiting first."""
        query = self._table.query_work(PROBE, self._clock())
        return list(islice(readable(self._table.items(query), _read), limit))

    def reschedule(
        self, status: DestinationStatus, due_at: float, *, probed: bool = False, healthy: bool = False
    ) -> bool:
        """Set its next due time; false if another process has set it since it was read."""
        expression = "SET due_at = :due"
        values: dict[str, Plain | None] = {":due": due_at, ":seen": status.due_at}
        if probed:
            expression += ", probe_sent_at = :now ADD probes :one"
            values |= {":now": self._clock(), ":one": 1}
        if healthy:
            expression += ", probes = :none"
            values |= {":none": 0}
        return self._update(status.tenant_id, status.type, expression, values, "due_at = :seen")

    def expedite(self, tenant_id: str, type_: str) -> bool:
        """Let it be tried now, from the beginning of the delays; false if nothing is parked."""
        values = {":now": self._clock(), ":none": 0}
        expression = "SET due_at = :now, probes = :none"
        return self._update(tenant_id, type_, expression, values, "attribute_exists(due_at)")

    def clear(self, status: DestinationStatus) -> bool:
        """Note that nothing is parked; false if something has been since the status was read."""
        change = changes(
            "REMOVE #work, due_at SET probes = :none",
            {":none": 0, ":seen": status.parkings},
            WORK_NAME,
            "parkings = :seen",
        )
        return self._table.update(status_key(status.tenant_id, status.type), change)

    def _update(
        self, tenant_id: str, type_: str, expression: str, values: Mapping[str, Plain | None], condition: str = ""
    ) -> bool:
        return self._table.update(status_key(tenant_id, type_), changes(expression, values, condition=condition))


def parked_there(tenant_id: str, type_: str, due_at: float) -> Mapping[str, object]:
    """Return the update that notes a parked delivery: its destination is tried then, or sooner if it already is."""
    expression = "SET #work = :probe, due_at = if_not_exists(due_at, :due) ADD parkings :one"
    values: dict[str, Plain] = {":probe": PROBE, ":due": due_at, ":one": 1}
    return {"Key": status_key(tenant_id, type_), **changes(expression, values, WORK_NAME)}


def _is_status(item: Item) -> bool:
    return not item["delivery"]["S"].startswith((REPLAYS, OTHERS))


def _read(item: Item) -> DestinationStatus:
    values = plain_item(item)
    prefix = "failure_"
    failure = {name.removeprefix(prefix): str(text) for name, text in values.items() if name.startswith(prefix)}
    numbers = {name: _number(values[name]) for name in _NUMBERS if name in values}
    program = {
        name.removeprefix(PROGRAM_COUNT): int(_number(count))
        for name, count in values.items()
        if name.startswith(PROGRAM_COUNT) and name not in _NUMBERS
    }
    type_ = values["delivery"].removeprefix("!")
    return DestinationStatus(values["tenant_id"], type_, failure=failure, program=program, **numbers)


def _number(value: object) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError("not a number")
    return value


_NUMBERS = (
    "last_success_at", "last_failure_at", "failing_since", "lag_seconds", "log_group_created_at", "due_at",
    "parkings", "probe_sent_at", "probes", "program_kills",
)  # fmt: skip
