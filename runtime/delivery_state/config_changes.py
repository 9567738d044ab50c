"""Which tenants' delivery configs have changed lately: one item, read by every process that remembers configs.

It is noted **before** a config is written, so that no written change is missing here, and again by the function that
follows the table's stream, which sees what is written by hand, too.
"""

from collections.abc import Callable, Mapping
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.change_reader import CONFIG_CHANGES, EVERYONE, noted_in
from runtime.delivery_config.model import is_tenant_id
from runtime.delivery_state.table import StateTable, changes

KEPT_SECONDS: Final = 1200.0
"""Ours: longer than configs may be remembered anywhere (900 s)."""
TIDY_ABOVE: Final = 50
"""Ours: then old ones are removed, so many at a time: an expression has at most 4 KB and 300 operators (DynamoDB)."""
MOST: Final = 2_000
"""Ours: tenants in the item, some 60 bytes each; where more have changed, it says that everyone has."""
_NAMES: Final = {"#changed": "changed"}


class ConfigChanges:
    """Notes changes. Shared by all threads; what DynamoDB's client raises is raised. ``clock``: epoch seconds."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._table = StateTable(clients, table)
        self._clock = clock

    def note(self, tenant_id: str) -> None:
        """Note that a tenant's configs are about to change, or have just changed."""
        if not is_tenant_id(tenant_id):
            return
        while not self._set(tenant_id):
            begin = changes("SET #changed = if_not_exists(#changed, :none)", {":none": {}}, _NAMES)
            self._table.update(CONFIG_CHANGES, begin)
        noted = noted_in(self._table.get(CONFIG_CHANGES))
        if len(noted) > TIDY_ABOVE:
            self._tidy(noted)

    def _set(self, tenant_id: str) -> bool:
        update = changes(
            "SET #changed.#tenant = :now",
            {":now": self._clock()},
            {**_NAMES, "#tenant": tenant_id},
            "attribute_exists(#changed)",
        )
        return self._table.update(CONFIG_CHANGES, update)

    def _tidy(self, noted: Mapping[str, float]) -> None:
        """Remove what every process has read; another's note meanwhile keeps all of it for the next time."""
        now = self._clock()
        old = [tenant for tenant, at in noted.items() if at < now - KEPT_SECONDS][:TIDY_ABOVE]
        if old:
            names = {f"#t{number}": tenant for number, tenant in enumerate(old)}
            unchanged = " AND ".join(f"#changed.#t{number} < :old" for number in range(len(old)))
            removal = "REMOVE " + ", ".join(f"#changed.#t{number}" for number in range(len(old)))
            values = {":old": now - KEPT_SECONDS}
            self._table.update(CONFIG_CHANGES, changes(removal, values, {**_NAMES, **names}, unchanged))
        elif len(noted) > MOST:
            everyone = {":everyone": {EVERYONE: now}}
            self._table.update(CONFIG_CHANGES, changes("SET #changed = :everyone", everyone, _NAMES))
