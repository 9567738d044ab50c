"""How often a config's program was killed, kept in its destination's status: three times, and it isn't run any more.

Read at most once a minute by a process, and only for configs that have a program.
"""

import logging
from collections.abc import Callable
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.delivery_config.attribute_values import Plain, plain_item
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_state.table import StateTable, changes, status_key
from runtime.logs import without_message

BELIEVED_SECONDS: Final = 60.0
CAPACITY: Final = 4096
logger = logging.getLogger("logrouter.programs")
type _Key = tuple[str, str, str]


class KilledProgramCounts:
    """Counts in the table. Shared by all threads. Where the table can't be asked, what is known here counts."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._table = StateTable(clients, table)
        self._clock = clock
        self._known: ExpiringCache[_Key, tuple[_Key, int]] = ExpiringCache(CAPACITY, clock)

    def count(self, config: DeliveryConfig, digest: str) -> int:
        """Return how often this program of the config was killed, as far as it is known."""
        key = (config.tenant_id, config.type, digest)
        return self._known.get(key, lambda: ((key, self._read(key)), self._clock() + BELIEVED_SECONDS))[1]

    def add(self, config: DeliveryConfig, digest: str) -> None:
        """Count one more. Never raises."""
        key = (config.tenant_id, config.type, digest)
        values: dict[str, Plain | None] = {":program": digest, ":one": 1}
        more = changes("ADD program_kills :one", values, condition="killed_program = :program")
        first = changes("SET killed_program = :program, program_kills = :one", values)
        try:
            where = status_key(config.tenant_id, config.type)
            _ = self._table.update(where, more) or self._table.update(where, first)
        except Exception as error:  # noqa: BLE001 - the delivery is settled, or not, without it
            logger.warning("a killed program can't be counted", extra=without_message(error))
        self._known.forget(lambda known: known[0] == key)

    def _read(self, key: _Key) -> int:
        tenant_id, type_, digest = key
        try:
            status = plain_item(self._table.get(status_key(tenant_id, type_)) or {})
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning("it isn't known how often a program was killed", extra=without_message(error))
            return 0
        return int(status.get("program_kills", 0)) if status.get("killed_program") == digest else 0
