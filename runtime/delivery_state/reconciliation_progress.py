"""What the reconciler remembers: up to where it has compared, and what it has handed over.

Its items lie in the table of parked deliveries: in a tenant's place in the key, under a name that no tenant can have.
"""

from typing import Final

from runtime.aws.clients import AwsClients
from runtime.delivery_state.table import RECONCILIATION, StateTable, changes, reconciliation_key

PARTITION: Final = RECONCILIATION
THROUGH: Final = "!through"
KEPT_SECONDS: Final = 14 * 86_400  # ours: longer than a run looks back


class ReconciliationProgress:
    """Reads and writes the items. Times are epoch seconds; what DynamoDB's client raises is raised."""

    def __init__(self, clients: AwsClients, table: str) -> None:
        self._table = StateTable(clients, table)

    def through(self) -> float | None:
        """Return the time up to which everything was compared, if anything was."""
        item = self._table.get(reconciliation_key(THROUGH))
        return float(item["through"]["N"]) if item else None

    def save(self, through: float) -> None:
        """Store how far it is; concurrent runs never set it back."""
        newer = "attribute_not_exists(through) OR through < :at"
        self._table.update(reconciliation_key(THROUGH), changes("SET through = :at", {":at": through}, condition=newer))

    def claim(self, key: str, now: float, again_after: float) -> bool:
        """Take an object to hand it over; false if that was done, or begun, less than ``again_after`` seconds ago."""
        change = changes(
            "SET claimed_at = :now, #ttl = :ttl",
            {":now": now, ":old": now - again_after, ":ttl": int(now) + KEPT_SECONDS},
            {"#ttl": "ttl"},
            "attribute_not_exists(claimed_at) OR claimed_at < :old",
        )
        return self._table.update(reconciliation_key(key), change)
