"""The rotation of a tenant's ExternalId: issued, taken by one role after another, used by all, the old one taken out.

While it is pending, the roles that take it are assumed with it and the others with the one before: at no time is a
delivery refused. Each step is a new record; who writes it holds to what it was made of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.external_ids import issue
from runtime.delivery_config.marks import CHANGED
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.tenant_record import ISSUED_FIELDS, TenantRecord
from runtime.errors import Hop, RetryableError, classify

ACTION: Final = "dynamodb:UpdateItem"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


def roles_of(configs: Iterable[object]) -> set[str]:
    """Return the customer's roles that a tenant's configs name, enabled or not."""
    return {config.role_arn for config in configs if isinstance(config, DeliveryConfig) and config.role_arn}


def issued(record: TenantRecord) -> TenantRecord:
    """Return the record with a new, pending ExternalId."""
    return record.model_copy(update={"pending_external_id": issue(record.tenant_id), "passed_roles": ()})


def passed(record: TenantRecord, taking: Iterable[str], roles: Iterable[str], now: str) -> TenantRecord:
    """Return the record after a probe.

    :param taking: the roles that were assumed with the pending ExternalId. :param roles: all of the tenant's.
    :param now: ISO 8601.
    """
    held = tuple(sorted({*record.passed_roles, *taking}))
    if record.pending_external_id and set(roles) <= set(held):
        return activated(record, now)
    return record.model_copy(update={"passed_roles": held})


def activated(record: TenantRecord, now: str) -> TenantRecord:
    """Return the record with the pending ExternalId in use for all roles; the one before is retired."""
    return record.model_copy(
        update={
            "external_id": record.pending_external_id,
            "pending_external_id": None,
            "passed_roles": (),
            "retired_external_id": record.external_id,
            "rotated_at": now,
        }
    )


def taken_out(record: TenantRecord) -> TenantRecord:
    """Return the record after no role takes the retired ExternalId any more."""
    return record.model_copy(update={"retired_external_id": None})


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
