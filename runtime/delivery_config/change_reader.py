"""Whose delivery configs have changed since they were read: asked every few seconds by each process.

So configs may be remembered for minutes and a disabled one still stops at once. The item is written by
``runtime.delivery_state.config_changes``.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.delivery_config.attribute_values import Item, plain_item, typed
from runtime.logs import without_message

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import GetItemInputTypeDef

POLL_SECONDS: Final = 5.0  # contract §15
UNKNOWN_SECONDS: Final = 30.0
"""Contract §15: so long configs are remembered where nobody can say what has changed."""
WRITTEN_WITHIN_SECONDS: Final = 30.0
"""A change is noted before it is written, and an API's request ends after 29 s at the latest (API Gateway quotas): what
was read up to then may be the state before it."""
EVERYONE: Final = "*"
CONFIG_CHANGES: Final[Item] = {"tenant_id": typed("!config-changes"), "delivery": typed("changes")}
"""The item's key, in the table of parked deliveries."""
logger = logging.getLogger("logrouter.delivery_config")


class ChangeReader:
    """Reads the item at most every five seconds. Shared by all threads: one asks, the others go on meanwhile.

    :param clock: epoch seconds.
    """

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._clients = clients
        self._table = table
        self._clock = clock
        self._lock = scheduling.lock()
        self._next = 0.0

    def outdated(self) -> Callable[[str, float], bool] | None:
        """Return which answers are to be forgotten, by tenant and when they were read (epoch s); ``None``: none."""
        now = self._clock()
        with self._lock:
            if now < self._next:
                return None
            self._next = now + POLL_SECONDS
        request: GetItemInputTypeDef = {"TableName": self._table, "Key": CONFIG_CHANGES}
        try:
            with use_credentials(None):
                item = self._clients.call("dynamodb", "GetItem", request).get("Item")
        except Exception as error:  # noqa: BLE001 - whatever it is: configs are read more often until it can be read
            logger.warning("what configs have changed can't be read", extra=without_message(error))
            return lambda _, read_at: read_at <= now - UNKNOWN_SECONDS
        noted = noted_in(item)
        everyone = noted.get(EVERYONE, 0.0)
        if not noted:
            return None
        return lambda tenant, read_at: read_at < max(noted.get(tenant, 0.0), everyone) + WRITTEN_WITHIN_SECONDS


def noted_in(item: Item | None) -> Mapping[str, float]:
    """Return when each tenant in the item was noted last (epoch s)."""
    changed = plain_item(item).get("changed") if item else None
    return {name: float(at) for name, at in changed.items()} if isinstance(changed, dict) else {}
