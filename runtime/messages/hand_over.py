"""Hands a delivery over: sends the next attempt to the delivery queue, with a growing delay."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.backoff import Backoff
from runtime.deliveries.passes import PassKey
from runtime.deliveries.registry import outside_methods
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.notifications import PUT_OFFS, write_notification
from runtime.messages.queue_circuit import QueueCircuit
from runtime.objects.stored_object import StoredObject

DELAYS: Final = Backoff(5.0, 3600.0)
"""Bounds of the delays, seconds. Contract §5: "from seconds to at most an hour"."""
USUAL_SCHEDULE_SECONDS = 86_400.0
MAX_SQS_DELAY_SECONDS = 900  # SQS API reference, SendMessage, DelaySeconds
PUT_OFF_DELAYS: Final = Backoff(15.0, 900.0)
"""Bounds of the delays while our own table is down, seconds; at most what SQS delays at once."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When attempts are made, and when they end. A schedule shorter than a day shortens the delays with it.

    :param seconds: from the first attempt until the delivery is parked.
    :param jitter: returns a number from 0 to 1.
    """

    seconds: float = USUAL_SCHEDULE_SECONDS
    jitter: Callable[[], float] = random.random

    def delay(self, attempts: int) -> float:
        """Return the seconds until the next attempt: doubling from 5 s to an hour, with full jitter."""
        return DELAYS.bound(attempts) * self.scale() * self.jitter()

    def is_over(self, message: DeliveryMessage, now: float) -> bool:
        """Whether no further attempt is to be made."""
        begun = max(message.first_attempt_at, message.schedule_from)
        return message.probe or now - begun >= self.seconds

    def scale(self) -> float:
        """How much shorter than usual all delays are."""
        return min(1.0, self.seconds / USUAL_SCHEDULE_SECONDS)


@dataclass(frozen=True, slots=True)
class OutsideQueue:
    """The queue of the outside processor, for the deliveries of these methods.

    :param pass_key: makes the pass that each message needs there; ``None`` where nobody asks for one.
    """

    url: str
    methods: frozenset[str]
    pass_key: PassKey | None = None

    def takes(self, type_: str) -> bool:
        """Return whether deliveries of this type are made outside."""
        return type_.partition(":")[0] in self.methods

    def sealed(self, message: DeliveryMessage) -> DeliveryMessage:
        """Return the message with a pass of today: a parked one's may be too old. What KMS' client raises is raised."""
        if self.pass_key is None:
            return message
        return replace(message, mac=self.pass_key.seal(message.as_pass()).mac)


def outside_queue(clients: AwsClients, url: str | None, pass_key_id: str | None) -> OutsideQueue | None:
    """Return the outside processor's queue, if there is one, for the installed methods that deliver there."""
    if url is None:
        return None
    return OutsideQueue(url, outside_methods(), PassKey(clients, pass_key_id) if pass_key_id else None)


class HandOver:
    """Sends delivery messages, each to the queue of its method's placement. An unanswered send isn't repeated.

    :param outside: of the outside processor, where there is one and this process isn't it.
    :param clock: epoch seconds.
    """

    def __init__(
        self,
        clients: AwsClients,
        queue_url: str,
        schedule: Schedule,
        clock: Callable[[], float] = scheduling.now,
        *,
        outside: OutsideQueue | None = None,
    ) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._schedule = schedule
        self._clock = clock
        self._outside = outside
        self._circuits: dict[str, QueueCircuit] = defaultdict(QueueCircuit)  # by the queue's URL

    def send(self, message: DeliveryMessage, *, at_once: bool = False, retry_after: float | None = None) -> None:
        """Send the next attempt; after this returns the old message may be settled.

        :param retry_after: seconds for which the destination asks not to be tried.
        A delay over SQS's 900 s is carried by ``not_before``: who receives the message early sends it again.
        Whatever the queue's client raises is raised, here and below.

        :raises runtime.messages.queue_circuit.QueueUncertainError: the queue's answers are lost: nothing was sent.
        """
        delay = max(0.0 if at_once else self._schedule.delay(message.attempt), retry_after or 0.0)
        self.send_again(replace(message, not_before=round(self._clock() + delay, 3), put_offs=0))

    def send_again(self, message: DeliveryMessage) -> None:
        """Send a message unchanged, delayed until it is due, at most 900 s. A hidden one would be in flight so long."""
        delay, url = message.not_before - self._clock(), self._queue_url
        if self._outside is not None and self._outside.takes(message.type):
            message, url = self._outside.sealed(message), self._outside.url
        self._send(message.write(), delay, message.tenant_id, url)

    def put_off(self, message: DeliveryMessage) -> None:
        """Send a message once more to come later, as its attempt could not be begun: our own outage, not an attempt."""
        put_offs = message.put_offs + 1
        due = round(self._clock() + self._put_off_delay(put_offs), 3)
        self.send_again(replace(message, not_before=due, put_offs=put_offs))

    def put_off_object(self, object_: StoredObject, sequencer: str | None, put_offs: int) -> None:
        """Send an object's notification to come later, for the same reason. :param put_offs: this one included."""
        body = json.dumps({**write_notification(object_, sequencer), PUT_OFFS: put_offs}, separators=(",", ":"))
        self._send(body, self._put_off_delay(put_offs), object_.key.tenant_id, self._queue_url)

    def _put_off_delay(self, put_offs: int) -> float:
        return PUT_OFF_DELAYS.bound(put_offs) * self._schedule.scale() * self._schedule.jitter()

    def _send(self, body: str, delay: float, tenant_id: str, queue_url: str) -> None:
        # Queues are the process's own, not the tenant's that it acts for.
        with self._circuits[queue_url].sending(), use_credentials(None):
            self._clients.client("sqs").send_message(
                QueueUrl=queue_url,
                MessageBody=body,
                DelaySeconds=min(MAX_SQS_DELAY_SECONDS, max(0, math.ceil(round(delay, 2)))),  # due now: at once
                MessageGroupId=tenant_id,  # a fair queue: one tenant's many don't delay another's few
            )
