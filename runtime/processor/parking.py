"""Parks a delivery that is out of attempts: an item that a person or the tenant sees, and that can be resumed."""

import logging
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.deliveries.session_policy import reader
from runtime.deliveries.sessions import Sessions
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import DeliveryError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.stored_object import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectRequestTypeDef

PROBE_AFTER_SECONDS = 60.0
logger = logging.getLogger("logrouter.parking")


class Parking:
    """Writes parked deliveries and schedules their destinations' probes. ``clock``: epoch seconds.

    :param probe_after_seconds: until the destination of the first one is tried again.
    """

    def __init__(
        self,
        clients: AwsClients,
        role_chain: Sessions,
        table: str,
        *,
        probe_after_seconds: float = PROBE_AFTER_SECONDS,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._role_chain = role_chain
        self._table = ParkedDeliveries(clients, table)
        self._probe_after_seconds = probe_after_seconds
        self._clock = clock

    def park(self, message: DeliveryMessage, object_: StoredObject, error: DeliveryError) -> None:
        """Write the item and its destination's due time. What DynamoDB's client raises is raised."""
        now = self._clock()
        waiting = replace(message, probe=False)
        parked = ParkedDelivery.of(waiting, error, now=now, expires_at=self._object_expiry(object_))
        self._table.park(parked, now + self._probe_after_seconds)

    def _object_expiry(self, object_: StoredObject) -> int | None:
        """Ask S3 when its lifecycle will expire the object, epoch seconds: an item outlives it for nothing.

        Only the bucket knows, and only here it is worth a call. Without an answer the item stays until it is resumed.
        """
        policy = reader(self._role_chain.partition, object_.bucket, object_.key.tenant_id)
        try:
            with use_credentials(self._role_chain.central(object_.key.tenant_id, policy)):
                request: HeadObjectRequestTypeDef = {"Bucket": object_.bucket, "Key": object_.key.key}
                if object_.version_id:
                    request["VersionId"] = object_.version_id
                answer = self._clients.client("s3").head_object(**request)
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
