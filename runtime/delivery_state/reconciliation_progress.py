"""What the reconciler remembers: up to where it has compared, and what it has handed over.

Its items lie in the table of parked deliveries: in a tenant's place in the key, under a name that no tenant can have.
"""

from dataclasses import dataclass
from typing import Any, Final

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import typed

PARTITION: Final = "!reconciliation"
THROUGH: Final = "!through"
KEPT_SECONDS: Final = 14 * 86_400  # ours: longer than a run looks back


@dataclass(frozen=True, slots=True)
class Progress:
    """Reads and writes the items. Times are epoch seconds; what DynamoDB's client raises is raised."""

    clients: AwsClients
    table: str

    def through(self) -> float | None:
        """Give the time up to which everything was compared, if anything was."""
        answer = self._dynamodb.get_item(TableName=self.table, Key=_key(THROUGH), ConsistentRead=True)
        return float(answer["Item"]["through"]["N"]) if "Item" in answer else None

    def save(self, through: float) -> None:
        """Note how far it is; two that run side by side don't set each other back."""
        newer = "attribute_not_exists(through) OR through < :at"
        self._update_if(THROUGH, "SET through = :at", newer, {":at": through})

    def claim(self, key: str, now: float, again_after: float) -> bool:
        """Take an object to hand it over; false if that was done, or begun, less than ``again_after`` seconds ago."""
        return self._update_if(
            key,
            "SET claimed_at = :now, #ttl = :ttl",
            "attribute_not_exists(claimed_at) OR claimed_at < :old",
            {":now": now, ":old": now - again_after, ":ttl": int(now) + KEPT_SECONDS},
            ExpressionAttributeNames={"#ttl": "ttl"},
        )

    def _update_if(self, item: str, expression: str, condition: str, values: dict[str, float], **more: Any) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self.table,
                Key=_key(item),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: typed(value) for name, value in values.items()},
                **more,
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @property
    def _dynamodb(self) -> Any:
        return self.clients.client("dynamodb")


def _key(item: str) -> dict[str, Any]:
    return {"tenant_id": typed(PARTITION), "delivery": typed(item)}
