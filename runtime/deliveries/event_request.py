"""What a method that takes events is asked to send, and what it says of it.

The driver (``event_method.py``) cuts a planned batch into requests, repeats and halves them, and keeps the checkpoint;
a ``Sender`` carries one request to one destination and says what became of its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Protocol

from runtime.deliveries.method import Delivery
from runtime.errors import RetryableError
from runtime.objects.batches import Batch
from runtime.objects.event_ids import ID_BYTES, EventIds

EVENT_TOO_LARGE = "event-too-large"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Events that the destination refuses for good: they are set aside, never sent again.

    ``positions`` are those in the batch, or in the request. The rejections of one answer don't overlap.
    ``reason`` is a short, stable word (``too-old``, ``event-too-large``), never the destination's own text.
    ``among``: how many of these it refuses, where it doesn't say which and forbids to ask again; all of them are kept,
    and so many counted as set aside. ``None``: each of them.
    """

    reason: str
    positions: Sequence[int]
    among: int | None = None

    @property
    def count(self) -> int:
        """How many events are refused."""
        return len(self.positions) if self.among is None else self.among


@dataclass(frozen=True, slots=True)
class FilteredBatch:
    """A batch without what can't be sent.

    ``refused`` are positions in the planned batch, ``empty`` counts events that are left out; ``positions`` are those
    that the events of ``sendable`` have in the planned batch.
    """

    sendable: Batch
    refused: Sequence[Rejection]
    empty: int
    positions: Sequence[int]


@dataclass(frozen=True)
class EventRequest:
    """Some events of one planned batch, in its order.

    :param whole: no event between its first and its last is left out.
    """

    delivery: Delivery
    batch: Batch
    whole: bool = True

    @cached_property
    def ids(self) -> Sequence[bytes]:
        """The 16 bytes of each event's id, the same on every attempt and host."""
        return tuple(EventIds(self.delivery.object).all_of(self.batch.records, len(self.batch)))

    @cached_property
    def id(self) -> str:
        """32 hex digits, the same whenever the same events go to the same destination.

        Of what is sent again without the events that have arrived, the id is another one: it isn't the same request.
        """
        config = self.delivery.config
        digest = blake2b(digest_size=ID_BYTES)
        digest.update(f"{config.tenant_id}\0{config.type}\0{config.destination_digest}\0".encode())
        if config.transform is not None:  # another program makes other requests
            digest.update(f"{config.transform.digest}\0".encode())
        ends = self.ids[0] + self.ids[-1]
        digest.update(ends if self.whole else b"".join((b"rest\0", *self.ids)))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a whole answer says of a request's events, by their positions in it. Those not named are delivered.

    :param retry: to be sent again. :param refused: to be set aside.
    :param error: why ``retry`` has to be sent again, with ``retry_after`` where the destination names a time.
    """

    retry: Sequence[int] = ()
    refused: Sequence[Rejection] = ()
    error: RetryableError | None = None


DELIVERED = Verdicts()
"""The destination has acknowledged every event."""


class Sender(Protocol):
    """Sends the requests of one delivery, one after another or, if the method says so, several at once."""

    def send(self, request: EventRequest) -> Verdicts:
        """Send one request; return when the destination has answered completely.

        Each wait is bounded by the delivery's budget.

        :raises runtime.errors.RequestTooLargeError: the driver halves the request.
        :raises runtime.errors.RequestRefusedError: the driver halves it until it finds the event.
        :raises runtime.errors.RetryableError: it is sent again with backoff while the budget lasts, then handed over;
            of a ``RefusedError`` at once.
        :raises runtime.errors.BlockedByCustomerError: only the customer can fix it.
        """

    def close(self) -> None:
        """Release what ``open`` took, in any state; no ``send`` is under way any more.

        Nothing of a request is left in any client: what isn't acknowledged by now is sent again.
        """
