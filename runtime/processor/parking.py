"""Parks a delivery that is out of attempts: an item that a person or the tenant sees, and that can be resumed."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from runtime.aws.clients import AwsClients, acting_as
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.session_policy import reader
from runtime.delivery_config.attribute_values import typed
from runtime.objects.stored_object import StoredObject
from runtime.processor.delivery_message import DeliveryMessage

MAX_DETAIL_CHARACTERS = 2048
logger = logging.getLogger("logrouter.parking")


class Parking:
    """The table of parked deliveries: key (``tenant_id``, ``delivery`` = ``{type}#{object key}``).

    The item keeps the whole delivery message, so that resuming is sending it again. ``clock``: epoch seconds.
    """

    def __init__(
        self, clients: AwsClients, role_chain: RoleChain, table: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._clients = clients
        self._role_chain = role_chain
        self._table = table
        self._clock = clock

    def park(self, message: DeliveryMessage, object_: StoredObject, detail: str) -> None:
        """Write the item; an earlier one of the same delivery is replaced. What DynamoDB's client raises is raised."""
        values: dict[str, Any] = {
            "tenant_id": message.tenant_id,
            "delivery": f"{message.type}#{message.key}",
            "type": message.type,
            "bucket": message.bucket,
            "object_key": message.key,
            "reason": message.reason,
            "detail": detail[:MAX_DETAIL_CHARACTERS],
            "checkpoint": message.checkpoint,
            "attempts": message.attempt,
            "first_attempt_at": _iso(message.first_attempt_at),
            "last_attempt_at": _iso(self._clock()),
            "message": message.write(),
        }
        expires_at = self._object_expiry(object_)
        if expires_at is not None:
            values["ttl"] = expires_at
        item = {name: typed(value) for name, value in values.items()}
        self._clients.client("dynamodb").put_item(TableName=self._table, Item=item)

    def _object_expiry(self, object_: StoredObject) -> int | None:
        """Ask S3 when its lifecycle will expire the object, epoch seconds: an item outlives it for nothing.

        Only the bucket knows, and only here it is worth a call. Without an answer the item stays until it is resumed.
        """
        policy = reader(self._role_chain.partition, object_.bucket, object_.key.tenant_id)
        try:
            with acting_as(self._role_chain.central(object_.key.tenant_id, policy)):
                answer = self._clients.client("s3").head_object(Bucket=object_.bucket, Key=object_.key.key)
            return expiry_of(answer.get("Expiration", ""))
        except Exception as error:  # noqa: BLE001 - the item matters, its time of expiry doesn't
            logger.warning("the object's expiry isn't known", extra={"error": type(error).__name__})
            return None


def expiry_of(header: str) -> int | None:
    """Read S3's ``x-amz-expiration``: ``expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="…"``."""
    _, found, rest = header.partition('expiry-date="')
    if not found:
        return None
    try:
        return int(parsedate_to_datetime(rest.partition('"')[0]).timestamp())
    except ValueError:
        return None


def _iso(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
