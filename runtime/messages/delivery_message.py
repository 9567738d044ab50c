"""A delivery that didn't settle, as a message of its own in the delivery queue (contract §5).

Versions meet: yesterday's messages lack today's fields (they have defaults), today's have fields that yesterday's
code doesn't know (they are ignored). A field never changes its meaning; what needs that gets a new name.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject

KIND = "logrouter.delivery"
FORMAT_VERSION = 1
REPLAYED = "replay"
"""The reason of a message that a replay sends: its first attempt is none after a failure."""
_TEXTS = ("bucket", "key", "tenant_id", "type")


@dataclass(frozen=True, slots=True)
class DeliveryMessage:
    """One object x one delivery config, and how far it is.

    :param key: of the object, decoded. :param type: the delivery config's. :param size: bytes.
    :param checkpoint: planned batches that the destination has acknowledged, under plan ``plan_version``.
    :param ahead: numbers of batches behind a gap that are acknowledged, too.
    :param attempt: how many attempts have been made. :param first_attempt_at: of the first of them, epoch seconds.
    :param not_before: when the next may be made, epoch seconds. :param reason: why the last one didn't settle.
    :param resumptions: how often it was parked and resumed. :param probe: it is resumed to find out whether its
        destination works again: one attempt, whatever the circuit breaker says, and parked again if that fails.
    :param schedule_from: when its schedule of attempts began anew, epoch seconds; 0: with the first attempt.
    """

    bucket: str
    key: str
    tenant_id: str
    type: str
    etag: str | None = None
    version_id: str | None = None
    size: int | None = None
    checkpoint: int = 0
    plan_version: int = PLAN_VERSION
    attempt: int = 0
    first_attempt_at: float = 0.0
    not_before: float = 0.0
    reason: str = ""
    resumptions: int = 0
    probe: bool = False
    schedule_from: float = 0.0
    ahead: tuple[int, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Read a message of any version.

        :raises UnreadableMessageError: a field that nothing can be done without is missing or of another type.
        """
        texts: dict[str, Any] = {name: _text(document.get(name)) for name in _TEXTS}
        wrong = [name for name, value in texts.items() if value is None]
        if wrong:
            raise UnreadableMessageError("delivery-message-incomplete", f"missing or no text: {', '.join(wrong)}")
        # A checkpoint means nothing without its plan's version: 0 is no plan's, and starts over.
        fields: dict[str, Any] = {**texts, "plan_version": 0}
        for name, read in _OPTIONAL.items():
            value = read(document.get(name))
            if value is not None:
                fields[name] = value
        return cls(**fields)

    def write(self) -> str:
        """Give the message's body."""
        return json.dumps({"format_version": FORMAT_VERSION, "kind": KIND, **asdict(self)}, separators=(",", ":"))

    def stored_object(self) -> StoredObject:
        """Give the object.

        :raises UnreadableMessageError: its key isn't of the contract's form, or another tenant's.
        """
        try:
            key = ObjectKey.parse(self.key)
        except MalformedKeyError as error:
            raise UnreadableMessageError(error.reason, "the delivery message's key") from error
        if key.tenant_id != self.tenant_id:
            raise UnreadableMessageError("foreign-tenant", "the delivery message's key is another tenant's")
        return StoredObject(self.bucket, key, self.etag, self.version_id, self.size)


def is_delivery_message(document: Mapping[str, Any]) -> bool:
    """Whether a message's document is a delivery message, of whatever version."""
    return document.get("kind") == KIND


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _counts(value: object) -> tuple[int, ...] | None:
    counts = [_count(one) for one in value] if isinstance(value, list) else [None]
    return None if None in counts else tuple(one for one in counts if one is not None)


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < _FAR_FUTURE else None


_FAR_FUTURE = 1e11  # epoch seconds; refuses infinities, and milliseconds taken for seconds
_OPTIONAL: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(("etag", "version_id", "reason"), _text),
    **dict.fromkeys(("size", "checkpoint", "plan_version", "attempt", "resumptions"), _count),
    **dict.fromkeys(("first_attempt_at", "not_before", "schedule_from"), _time),
    "probe": _truth,
    "ahead": _counts,
}
