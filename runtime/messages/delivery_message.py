"""An unsettled delivery as a message in the delivery queue (contract §5).

Versions meet: yesterday's messages lack today's fields (they have defaults), today's have fields that yesterday's
code doesn't know (they are ignored). A field never changes its meaning; what needs that gets a new name.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from runtime.deliveries.method import MAX_RANGES, MAX_RESTS, MAX_UNKEPT, Rest, Unkept
from runtime.deliveries.passes import Pass
from runtime.messages import fields
from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject

KIND = "logrouter.delivery"
FORMAT_VERSION = 1
REPLAYED = "replay"
"""The reason of a message that a replay sends: its first attempt is none after a failure."""


@dataclass(frozen=True, slots=True)
class DeliveryMessage:
    """One object x one delivery config, and how far it is.

    :param key: of the object, decoded. :param type: the delivery config's. :param size: bytes.
    :param checkpoint: planned batches that the destination has acknowledged, under plan ``plan_version``.
    :param ahead: numbers of batches behind a gap that are acknowledged, too.
    :param unkept: of batches that are sent: what the destination refused and nobody has set aside yet.
    :param rests: of batches of which some is settled: what is left. A version that knows none sends all of them again.
    :param put_offs: how often in a row its attempt could not be begun, for an outage of ours.
    :param destination: digest of the destination that has acknowledged them; empty: of a version that knew none.
    :param attempt: how many attempts have been made. :param first_attempt_at: of the first of them, epoch seconds.
    :param not_before: when the next may be made, epoch seconds. :param reason: why the last one didn't settle.
    :param resumptions: how often it was parked and resumed. :param probe: it is resumed to find out whether its
        destination works again: one attempt, whatever the circuit breaker says, and parked again if that fails.
    :param mac: date and code of its pass (``runtime.deliveries.passes``), which each message for the outside has.
    :param program: digest of the program under which a part of it is delivered; empty: of none.
    :param schedule_from: when its schedule of attempts was restarted, epoch seconds; 0: with the first attempt.
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
    unkept: tuple[Unkept, ...] = ()
    destination: str = ""
    put_offs: int = 0
    mac: str = ""
    program: str = ""
    rests: tuple[Rest, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Read a message of any version.

        :raises UnreadableMessageError: a field that nothing can be done without is missing, or one isn't of its form.
        """
        missing = [name for name in _NEEDED if not isinstance(document.get(name), str) or not document[name]]
        if missing:
            raise UnreadableMessageError("delivery-message-incomplete", f"missing or no text: {', '.join(missing)}")
        # A checkpoint means nothing without its plan's version: 0 is no plan's, and starts over.
        found: dict[str, Any] = {"plan_version": 0}
        wrong = fields.wrong_fields(document, _READERS, found)
        if wrong:
            raise UnreadableMessageError("delivery-message-malformed", f"not of their form: {', '.join(wrong)}")
        return cls(**found)

    def write(self) -> str:
        """Return the message's body."""
        return json.dumps({"format_version": FORMAT_VERSION, "kind": KIND, **asdict(self)}, separators=(",", ":"))

    def stored_object(self) -> StoredObject:
        """Return the object.

        :raises UnreadableMessageError: its key isn't of the contract's form, or another tenant's.
        """
        try:
            key = ObjectKey.parse(self.key)
        except MalformedKeyError as error:
            raise UnreadableMessageError(error.reason, "the delivery message's key") from error
        if key.tenant_id != self.tenant_id:
            raise UnreadableMessageError("foreign-tenant", "the delivery message's key is another tenant's")
        return StoredObject(self.bucket, key, self.etag, self.version_id, self.size)

    def as_pass(self) -> Pass:
        """Return what it shows the session issuer."""
        return Pass(self.tenant_id, self.type, self.bucket, self.key, self.version_id or "", self.mac)


def is_delivery_message(document: Mapping[str, Any]) -> bool:
    """Whether a message's document is a delivery message, of whatever version."""
    return document.get("kind") == KIND


def _unkept(value: Any) -> Unkept:
    if not isinstance(value, list) or len(value) != len(Unkept._fields):
        raise ValueError
    batch, reason, start, stop = value
    read = Unkept(fields.batch(batch), fields.word(reason), fields.position(start), fields.position(stop))
    if read.start >= read.stop:
        raise ValueError
    return read


def _range(value: Any) -> tuple[int, int]:
    start, stop = fields.tuple_of(fields.position, 2)(value)
    if start >= stop:
        raise ValueError
    return start, stop


def _rest(value: Any) -> Rest:
    if not isinstance(value, list) or len(value) != len(Rest._fields):
        raise ValueError
    batch, accepted, ranges = value
    read = Rest(fields.batch(batch), fields.truth(accepted), fields.tuple_of(_range, MAX_RANGES)(ranges))
    bounds = [position for each in read.ranges for position in each]
    if not bounds or bounds != sorted(bounds):
        raise ValueError
    return read


_NEEDED: Final = ("bucket", "key", "tenant_id", "type")
_READERS: Final[Mapping[str, fields.Reader]] = {
    "bucket": fields.bucket,
    "key": fields.key,
    "tenant_id": fields.tenant_id,
    "type": fields.type_,
    "etag": fields.etag,
    "version_id": fields.visible,
    "size": fields.size,
    "checkpoint": fields.batch,
    "plan_version": fields.count,
    "attempt": fields.count,
    "first_attempt_at": fields.epoch_seconds,
    "not_before": fields.epoch_seconds,
    "reason": fields.reason,
    "resumptions": fields.count,
    "probe": fields.truth,
    "schedule_from": fields.epoch_seconds,
    "ahead": fields.tuple_of(fields.batch, fields.MAX_AHEAD),
    "unkept": fields.tuple_of(_unkept, MAX_UNKEPT),
    "rests": fields.tuple_of(_rest, MAX_RESTS),
    "destination": fields.or_empty(fields.digest),
    "put_offs": fields.count,
    "mac": fields.or_empty(fields.mac),
    "program": fields.or_empty(fields.digest),
}
