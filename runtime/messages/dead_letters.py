"""Messages that trying again can't help go to the dead-letter queue at once, with the reason as an attribute."""

import json
import logging
from typing import TYPE_CHECKING, Any

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.delivery_config.model import is_tenant_id
from runtime.messages.notifications import write_notification
from runtime.objects.stored_object import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

MAX_DETAIL_CHARACTERS = 1024  # ours: a message's attributes count towards its size
logger = logging.getLogger("logrouter.dead_letter")


class DeadLetters:
    """The dead-letter queues of objects and of deliveries. ``None``: there is no such queue (by hand)."""

    def __init__(self, clients: AwsClients, object_dlq_url: str | None, delivery_dlq_url: str | None) -> None:
        self._clients = clients
        self._object_dlq_url = object_dlq_url
        self._delivery_dlq_url = delivery_dlq_url

    def corrupt_object(self, object_: StoredObject, reason: str, detail: str, *, asked_by: str | None = None) -> bool:
        """Send a notification of that object alone, so that a redrive does nothing else again.

        :param asked_by: the delivery message's body. It is sent in the notification's place where only deliveries
            have a queue: at the outside, whose sibling at the inside notices the object by itself.
        """
        if asked_by and self._object_dlq_url is None and self._delivery_dlq_url is not None:
            return self._send(self._delivery_dlq_url, asked_by, reason, detail, object_.key.tenant_id)
        body = json.dumps(write_notification(object_), separators=(",", ":"))
        return self._send(self._object_dlq_url, body, reason, detail, object_.key.tenant_id)

    def unreadable(self, body: str, reason: str, detail: str, *, delivery: bool = False) -> bool:
        """Send a message as it came. Returns whether it is in the queue; if not, it must go back to its own."""
        return self._send(self._delivery_dlq_url if delivery else self._object_dlq_url, body, reason, detail, None)

    def _send(self, queue_url: str | None, body: str, reason: str, detail: str, tenant_id: str | None) -> bool:
        extra = {"reason": reason, "detail": detail, "tenant_id": tenant_id}
        if queue_url is None:
            logger.error("no dead-letter queue is configured: the message stays where it is", extra=extra)
            return False
        texts = {"reason": reason, "detail": _printable(detail)}
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": text} for name, text in texts.items() if text
        }
        group: dict[str, Any] = {"MessageGroupId": tenant_id} if tenant_id and is_tenant_id(tenant_id) else {}
        try:
            with use_credentials(None):  # queues are the process's own, not the tenant's that it acts for
                self._clients.client("sqs").send_message(
                    QueueUrl=queue_url, MessageBody=body, MessageAttributes=attributes, **group
                )
        except Exception as error:  # noqa: BLE001 - whatever it is: the message goes back to its queue
            logger.warning("the dead-letter queue can't be written", extra={**extra, "error": type(error).__name__})
            return False
        logger.warning("sent to the dead-letter queue", extra=extra)
        return True


def _printable(text: str) -> str:
    """Keep what SQS takes in an attribute, and a bounded piece of it."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_DETAIL_CHARACTERS])
