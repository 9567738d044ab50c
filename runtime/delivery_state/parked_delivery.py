"""One parked delivery: what an operator or the tenant must know, and all that resuming it needs."""

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Self

from runtime.delivery_config.attribute_values import Item, Plain, plain_item, typed
from runtime.delivery_config.model import whole_number
from runtime.delivery_state.next_steps import next_step
from runtime.delivery_state.table import parked_key
from runtime.errors import DeliveryError
from runtime.iso_times import epoch_seconds, iso
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.envelopes import UnreadableMessageError

MAX_DETAIL_CHARACTERS = 2048
_RESUMPTION_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    """A delivery that waits for a person's or the customer's action.

    :param message: its next attempt. :param parked_at: epoch seconds. :param expires_at: the object's expiry, epoch
        seconds, where it is known.
    :param parking_id: this parking's own: a delivery that is parked again has another, and isn't taken for this one.
    :param sort_key: where it lies, if not under the object's key: another version of that is parked there.
    """

    message: DeliveryMessage
    parked_at: float
    detail: str = ""
    action: str = ""
    resource: str = ""
    hop: str = ""
    next_step: str = ""
    expires_at: int | None = None
    parking_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    sort_key: str = ""

    @classmethod
    def of(cls, message: DeliveryMessage, error: DeliveryError, *, now: float, expires_at: int | None) -> Self:
        """Return one of a delivery's last error."""
        call = error.call
        return cls(
            message,
            now,
            detail=error.detail[:MAX_DETAIL_CHARACTERS],
            action=call.action,
            resource=call.resource,
            hop=call.hop,
            next_step=call.next_step or next_step(message.reason),
            expires_at=expires_at,
        )

    @classmethod
    def read(cls, item: Item) -> Self:
        """Read an item, of yesterday's version too.

        :raises UnreadableMessageError: its message can't be read, or isn't of the tenant that the item lies under.
        """
        values = plain_item(item)
        texts = {name: str(values.get(name, "")) for name in ("detail", "action", "resource", "hop", "next_step")}
        message = DeliveryMessage.read(json.loads(values["message"]))
        if message.tenant_id != values["tenant_id"]:  # who may write one tenant's items would resume another's
            raise UnreadableMessageError("foreign-tenant", "the parked delivery's message is another tenant's")
        return cls(
            message,
            epoch_seconds(str(values.get("last_attempt_at", ""))),
            expires_at=whole_number(values.get("ttl")),
            parking_id=str(values.get("parking_id", "")),
            sort_key=_sort_key(message, str(values["delivery"])),
            **texts,
        )

    def write(self) -> Item:
        """Return the item. Empty texts are left out."""
        message = self.message
        values: dict[str, Plain | None] = {
            **self.key(),
            "parking_id": self.parking_id,
            "destination": destination(message.tenant_id, message.type),
            "turn": self.resume_order(),
            "type": message.type,
            "bucket": message.bucket,
            "object_key": message.key,
            "version_id": message.version_id,
            "reason": message.reason,
            "detail": self.detail,
            "hop": self.hop,
            "action": self.action,
            "resource": self.resource,
            "next_step": self.next_step,
            "checkpoint": message.checkpoint,
            "attempts": message.attempt,
            "first_attempt_at": iso(message.first_attempt_at),
            "last_attempt_at": iso(self.parked_at),
            "message": message.write(),
            "ttl": self.expires_at,
        }
        return {name: typed(value) for name, value in values.items() if value is not None and value != ""}

    def item_key(self) -> Item:
        """Return the item's typed key: one delivery is one item, however often it is parked."""
        message = self.message
        usual = parked_key(message.tenant_id, message.type, message.key)
        return {**usual, "delivery": typed(self.sort_key)} if self.sort_key else usual

    def of_version(self) -> Self:
        """Return it with a sort key of its own, next to another parked version of the object."""
        message = self.message
        key = parked_key(message.tenant_id, message.type, f"{message.key}?versionId={message.version_id}")
        return replace(self, sort_key=str(key["delivery"]["S"]))

    def key(self) -> dict[str, str]:
        """Return the item's key as plain values."""
        return {name: value["S"] for name, value in self.item_key().items()}

    def resume_order(self) -> str:
        """Return the order of resumption (attribute ``turn``): oldest first, what failed again after those that didn't.

        A single object that its destination refuses would else be tried first for ever, before all the others.
        """
        return f"{self.message.resumptions:0{_RESUMPTION_DIGITS}d}#{iso(self.message.first_attempt_at)}"


def _sort_key(message: DeliveryMessage, found: str) -> str:
    """Return an item's sort key, if that isn't the usual one."""
    usual = parked_key(message.tenant_id, message.type, message.key)
    return "" if usual["delivery"]["S"] == found else found


def destination(tenant_id: str, type_: str) -> str:
    """Name a destination in the index of its parked deliveries."""
    return f"{tenant_id}#{type_}"
