"""Events that a destination can't take, kept in the central bucket with their reason: nothing is dropped.

One gzip NDJSON object for a delivery's batch, ``set-aside/tenant_id=…/date=…/…``. The key follows from the object,
the delivery and the batch alone: a repeated attempt writes the same object again, not a second one.
"""

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from runtime.aws.clients import AwsClients
from runtime.deliveries.method import Delivery, Rest
from runtime.errors import Hop, RetryableError, classify

PREFIX = "set-aside/"
_DATE_IN_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)-\d{6}-")
_NO_DATE = "1970-01-01"
GZIP = 31
"""zlib's ``wbits`` for a gzip member; no time in its header. The module ``gzip`` takes 1.4 ms to load."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class SetAsideEvent:
    """One event: why, its time in epoch ms, its message as a JSON string literal."""

    reason: str
    timestamp: int
    literal: bytes


@dataclass(frozen=True, slots=True)
class SetAside:
    """Writes under ``set-aside/`` of the central bucket, as the processor's execution role."""

    clients: AwsClients
    central_bucket: str

    def write(
        self, delivery: Delivery, batch_index: int, events: Sequence[SetAsideEvent], *, rest: Rest | None = None
    ) -> None:
        """Keep a batch's events. To be called before the checkpoint moves past that batch.

        :param rest: what was left of the batch before; what an earlier attempt has set aside of it stays beside these.
        :raises RetryableError: they couldn't be kept; the batch isn't settled.
        """
        key = set_aside_key(delivery, batch_index, rest)
        try:
            self.clients.client("s3").put_object(
                Bucket=self.central_bucket,
                Key=key,
                Body=_body(delivery, events),
                ContentType="application/x-ndjson",
                ContentEncoding="gzip",
            )
        except Exception as error:
            failure = classify(
                error, hop=Hop.EXECUTION, action="s3:PutObject", resource=f"s3://{self.central_bucket}/{key}"
            )
            kept = RetryableError("set-aside-failed", failure.detail)
            kept.call = failure.call  # ours: no circuit of the customer's opens for it
            raise kept from error


def set_aside_key(delivery: Delivery, batch_index: int, rest: Rest | None = None) -> str:
    """Name the object for the events of one batch, or of what was left of it.

    ``date`` is the source object's own, from its file name; 1970-01-01 where that names none. The digest stands for
    source key, version and delivery, which together may be longer than a key.
    """
    source = delivery.object.key
    named = _DATE_IN_NAME.match(source.filename)
    date = "-".join(named.groups()) if named else _NO_DATE
    version = delivery.object.version_id
    of = f"{source.key}\0{delivery.config.type}" + (f"\0{version}" if version else "")
    digest = hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    part = "" if rest is None else f"-{hashlib.sha256(repr(rest.ranges).encode()).hexdigest()[:8]}"
    return f"{PREFIX}tenant_id={source.tenant_id}/date={date}/{digest}-{batch_index:06d}{part}.json.gz"


def _body(delivery: Delivery, events: Sequence[SetAsideEvent]) -> bytes:
    origin = b',"delivery":%b,"object":%b}\n' % (_encode(delivery.config.type), _encode(delivery.object.key.key))
    lines = (
        b'{"reason":%b,"timestamp":%d,"message":%b%b' % (_encode(event.reason), event.timestamp, event.literal, origin)
        for event in events
    )
    return zlib.compress(b"".join(lines), wbits=GZIP)
