"""Hands a delivery over: the next attempt as a message of its own in the delivery queue, after a growing delay."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.messages.delivery_message import DeliveryMessage

DELAYS: Final = Backoff(5.0, 3600.0)
"""Bounds of the delays, seconds. Contract §5: "from seconds to at most an hour"."""
USUAL_SCHEDULE_SECONDS = 86_400.0
MAX_SQS_DELAY_SECONDS = 900  # SQS API reference, SendMessage, DelaySeconds
MAX_SQS_VISIBILITY_SECONDS = 43_000  # SQS API reference, ChangeMessageVisibility: 12 hours since it was received


@dataclass(frozen=True, slots=True)
class Schedule:
    """When attempts are made, and when they end. A schedule shorter than a day shortens the delays with it.

    :param seconds: from the first attempt until the delivery is parked.
    :param jitter: returns a number from 0 to 1.
    """

    seconds: float = USUAL_SCHEDULE_SECONDS
    jitter: Callable[[], float] = random.random

    def delay(self, attempts: int) -> float:
        """Seconds until the next attempt after so many: doubling from 5 s to an hour, with full jitter."""
        return DELAYS.bound(attempts) * self.scale() * self.jitter()

    def is_over(self, message: DeliveryMessage, now: float) -> bool:
        """Whether no further attempt is to be made."""
        begun = max(message.first_attempt_at, message.schedule_from)
        return message.probe or now - begun >= self.seconds

    def scale(self) -> float:
        """How much shorter than usual all delays are."""
        return min(1.0, self.seconds / USUAL_SCHEDULE_SECONDS)


class HandOver:
    """Sends delivery messages. ``clock``: epoch seconds."""

    def __init__(
        self, clients: AwsClients, queue_url: str, schedule: Schedule, clock: Callable[[], float] = scheduling.now
    ) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._schedule = schedule
        self._clock = clock

    def send(self, message: DeliveryMessage, *, at_once: bool = False) -> None:
        """Send the next attempt; after this returns the old message may be settled.

        A delay over SQS's 900 s is carried by ``not_before``: who receives the message early hides it again.
        Whatever the queue's client raises is raised.
        """
        delay = 0.0 if at_once else self._schedule.delay(message.attempt)
        due = replace(message, not_before=round(self._clock() + delay, 3))
        self._clients.client("sqs").send_message(
            QueueUrl=self._queue_url,
            MessageBody=due.write(),
            DelaySeconds=min(MAX_SQS_DELAY_SECONDS, math.ceil(delay)),
            MessageGroupId=message.tenant_id,  # a fair queue: one tenant's many don't delay another's few
        )

    def hide(self, receipt_handle: str, seconds: float) -> None:
        """Hide a message that came early. Not an attempt: nothing of it changes."""
        request: dict[str, Any] = {"QueueUrl": self._queue_url, "ReceiptHandle": receipt_handle}
        timeout = min(MAX_SQS_VISIBILITY_SECONDS, max(1, math.ceil(seconds)))
        self._clients.client("sqs").change_message_visibility(**request, VisibilityTimeout=timeout)
