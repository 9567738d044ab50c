"""How an attempt at a delivery went: what ``attempts`` returns, and ``settlement`` decides about."""

from dataclasses import dataclass

from runtime.deliveries.method import DeliveryProgress, Rest
from runtime.errors import DeliveryError, NotTriedError, OutOfTimeError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.stored_object import StoredObject


class ElsewhereError(NotTriedError):
    """Not tried here: the method delivers outside, and the outside processor has a queue of its own."""

    def __init__(self, method: str) -> None:
        super().__init__("outside", f"delivery method {method!r} delivers in the outside processor: handed over to it")


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """One attempt at one delivery.

    :param type: the delivery config's. :param progress: what the destination has acknowledged by now.
    :param error: ``None`` where it has acknowledged everything.
    :param previous: the delivery message that asked for the attempt; ``None``: the object's notification did.
    :param started_at: how far an earlier one had come (``DeliveryProgress.reached``).
    """

    object: StoredObject
    type: str
    progress: DeliveryProgress
    error: DeliveryError | None = None
    previous: DeliveryMessage | None = None
    started_at: tuple[int, tuple[Rest, ...]] = (0, ())

    @property
    def attempts(self) -> int:
        """Attempts made so far, this one included; where the method delivers elsewhere, none is made."""
        return (self.previous.attempt if self.previous else 0) + (not isinstance(self.error, ElsewhereError))

    def ran_out_of_time_on_the_way(self) -> bool:
        """Whether nothing failed: the object is more than one attempt can do, and this one's part is delivered."""
        return isinstance(self.error, OutOfTimeError) and self.progress.reached() != self.started_at
