"""What the service itself notes in a tenant's record: how far the rotation of its ExternalId is."""

from dataclasses import dataclass
from typing import Final

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.marks import CHANGED
from runtime.delivery_config.tenant_record import ISSUED_FIELDS, TenantRecord
from runtime.errors import Hop, RetryableError, classify

ACTION: Final = "dynamodb:UpdateItem"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class RecordMarks:
    """Writes to the table of tenants with the current credentials."""

    clients: AwsClients
    table: str

    def rotated(self, before: TenantRecord, after: TenantRecord) -> None:
        """Write a step of the rotation, on the condition that the record is still the one that was read.

        :raises DeliveryError: ``config-changed``, or what the table answers.
        """
        values: dict[str, AttributeValue] = {":version": typed(before.version)}
        conditions = ["version = :version"]
        for name in ("external_id", "pending_external_id"):
            known = getattr(before, name)
            conditions.append(f"{name} = :old_{name}" if known else f"attribute_not_exists({name})")
            values |= {f":old_{name}": typed(known)} if known else {}
        fields = {name: getattr(after, name) for name in sorted(ISSUED_FIELDS)}
        kept = {name: value for name, value in fields.items() if value}
        values |= {f":{name}": typed(value) for name, value in kept.items()}
        change = "SET " + ", ".join(f"{name} = :{name}" for name in kept) if kept else ""
        gone = [name for name in fields if name not in kept]
        try:
            self.clients.client("dynamodb").update_item(
                TableName=self.table,
                Key={"tenant_id": typed(before.tenant_id)},
                UpdateExpression=f"{change} REMOVE {', '.join(gone)}" if gone else change,
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeValues=values,
            )
        except Exception as error:
            codes = {_CONDITION_FAILED: (RetryableError, CHANGED)}
            raise classify(error, hop=Hop.EXECUTION, action=ACTION, resource=self.table, codes=codes) from error
