"""The delivery queue's own circuit breaker: after a message of which it isn't known whether it was taken, a pause.

A queue that takes messages and whose answers are lost would be sent the same delivery at each attempt, and each copy
that fails again would send further ones. So nothing is sent until a pause is over; then one message finds out. The
deliveries are parked meanwhile, where one delivery is one item. It lives in the process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from runtime import scheduling
from runtime.backoff import Backoff
from runtime.errors import UNCERTAIN, Hop, RetryableError, classify

PAUSES: Final = Backoff(5.0, 60.0)
"""Seconds until the next message is sent, doubling with each that isn't answered."""


class QueueUncertainError(RetryableError):
    """Not sent: of an earlier message it isn't known whether the queue took it."""

    def __init__(self) -> None:
        super().__init__("queue-uncertain", "not sent: the delivery queue's answers are lost")


def is_uncertain(error: Exception) -> bool:
    """Return whether a message that couldn't be sent may be in the queue, or in it already."""
    return isinstance(error, QueueUncertainError) or classify(error, hop=Hop.EXECUTION).reason in UNCERTAIN


class QueueCircuit:
    """Whether the queue answers. Shared by all threads. ``clock``: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = scheduling.monotonic) -> None:
        self._clock = clock
        self._lock = scheduling.lock()
        self._unanswered = 0  # in a row
        self._closed_until = 0.0

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send one message inside.

        :raises QueueUncertainError: it isn't to be sent.
        """
        with self._lock:
            now = self._clock()
            if self._unanswered and now < self._closed_until:
                raise QueueUncertainError
            if self._unanswered:  # this one finds out; the others wait for what comes of it
                self._closed_until = now + PAUSES.longest
        try:
            yield
        except Exception as error:
            if is_uncertain(error):
                with self._lock:
                    self._unanswered += 1
                    self._closed_until = self._clock() + PAUSES.bound(self._unanswered)
            else:
                self._answered()
            raise
        self._answered()

    def _answered(self) -> None:
        if self._unanswered:
            with self._lock:
                self._unanswered = 0
