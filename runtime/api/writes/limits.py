"""Limits of one tenant: the number of configs, and of writes a minute (contract §15).

A tenant's counter is one item. It changes in the transaction of each write, on the condition that it is as it was read:
of two writes that race, one reads it again. So what is counted between the read and the write holds, too.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from runtime.api.errors.problems import ProblemError
from runtime.api.services import Services
from runtime.delivery_config.attribute_values import Item, typed
from runtime.delivery_state.table import OTHERS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class WriteCounter:
    """A tenant's writes of the current minute, as read from the table.

    :param window: the minute's number since the epoch. :param count: writes in it.
    """

    table: str
    tenant_id: str
    window: int
    count: int
    stored: Item

    def increment(self) -> "TransactWriteItemTypeDef":
        """Return the transaction's part that counts one more."""
        values = {":window": typed(self.window), ":count": typed(self.count + 1)}
        if self.stored:
            condition = "#window = :seen_window AND #count = :seen_count"
            values |= {":seen_window": self.stored["window"], ":seen_count": self.stored["count"]}
        else:
            condition = "attribute_not_exists(tenant_id)"
        return {
            "Update": {
                "TableName": self.table,
                "Key": _key(self.tenant_id),
                "UpdateExpression": "SET #window = :window, #count = :count",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#window": "window", "#count": "count"},
                "ExpressionAttributeValues": values,
            }
        }


def read_counter(services: Services, tenant_id: str) -> WriteCounter:
    """Read a tenant's counter.

    :raises ProblemError: 429: it has as many writes this minute as it may have.
    """
    settings, now = services.settings, services.clock()
    answer = services.clients.client("dynamodb").get_item(
        TableName=settings.parked_deliveries_table, Key=_key(tenant_id), ConsistentRead=True
    )
    stored = answer.get("Item", {})
    window = int(now // WINDOW_SECONDS)
    count = int(stored["count"]["N"]) if stored and int(stored["window"]["N"]) == window else 0
    if count >= settings.max_writes_a_minute:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-many-writes",
            f"a tenant may have {settings.max_writes_a_minute} writes a minute; nothing was written",
            headers={"Retry-After": str(int((window + 1) * WINDOW_SECONDS - now) + 1)},
        )
    return WriteCounter(settings.parked_deliveries_table, tenant_id, window, count, stored)


def require_room(services: Services, tenant_id: str) -> None:
    """Check that a tenant may have one more config.

    :raises ProblemError: 409: it has as many as it may have.
    """
    most = services.settings.max_configs
    if services.store.count(tenant_id, most) >= most:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "too-many-configs",
            f"a tenant may have {most} delivery configs; delete one that is not needed any longer",
        )


def _key(tenant_id: str) -> Item:
    return {"tenant_id": typed(tenant_id), "delivery": typed(f"{OTHERS}writes")}
