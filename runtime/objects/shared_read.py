"""One read of an object for all of its deliveries that need events.

Nobody reads ahead of the others by more than a few batches, so memory is bounded; nobody waits long for another, so
a slow or broken destination never delays its siblings: a slow consumer goes on with a read of its own.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from threading import Condition
from typing import Self

from runtime import scheduling
from runtime.errors import DeliveryError, FailedCall, Hop, RetryableError
from runtime.objects.batches import Batch

WINDOW_BATCHES = 2  # read and not yet taken by everybody; each is about 1 MiB, twice with its request body
MAX_LAG_SECONDS = 2.0  # what one delivery may delay its siblings in all; a role hop that isn't cached fits in


class SharedRead:
    """Reads the batches once and gives each to every subscription. Each subscription is used by one thread.

    The consumer that needs a batch that nobody has read yet reads it: no thread of its own could be left behind.

    :param open_batches: starts reading the object from its beginning; called once, and once more for every
        subscription that is left to read on its own.
    :param clock: seconds, monotonic. ``condition`` and ``clock`` are given by tests alone.
    """

    def __init__(
        self,
        open_batches: Callable[[], Generator[Batch]],
        *,
        window: int = WINDOW_BATCHES,
        max_lag_seconds: float = MAX_LAG_SECONDS,
        clock: Callable[[], float] = scheduling.monotonic,
        condition: Condition | None = None,
    ) -> None:
        self.open_batches = open_batches
        self._window = window
        self._max_lag_seconds = max_lag_seconds
        self._clock = clock
        self._changed = condition or scheduling.condition()  # guards everything below, and the subscriptions' fields
        self._subscriptions: list[Subscription] = []
        self._held: dict[int, Batch] = {}
        self._next = 0
        self._reading = False
        self._generator: Generator[Batch] | None = None
        self._ended = False
        self._error: DeliveryError | None = None

    def subscribe(self) -> "Subscription":
        """Take part in the read. Subscribe all before any of them begins: who comes late reads on its own.

        Close each subscription when its delivery has ended, however it did: the others wait for it until then.
        """
        with self._changed:
            subscription = Subscription(self)
            if self._next == 0 and not self._ended:
                self._subscriptions.append(subscription)
            else:
                subscription.alone = True
            return subscription

    def begin(self, subscription: "Subscription", start: int) -> None:
        """Set which batch a subscription reads first. This and the next two are for ``Subscription`` alone."""
        with self._changed:
            subscription.position = start
            self._moved(subscription)

    def take(self, subscription: "Subscription") -> Batch | None:
        """Return the subscription's next batch; ``None`` at the end or, if it is ``alone`` then, from here on."""
        while True:
            with self._changed:
                if not self._wait_for_turn(subscription):
                    return None
                batch = self._held.get(subscription.position)
                if batch is not None:
                    subscription.position += 1
                    self._moved(subscription)
                    return batch
                self._reading = True
            self._read_one()

    def _wait_for_turn(self, subscription: "Subscription") -> bool:
        """Wait until the batch is in memory or this thread has to read it; false if neither will happen."""
        while not subscription.alone and subscription.position not in self._held:
            if self._reading:
                self._changed.wait()
            elif self._ended:
                if self._error is not None:
                    raise _again(self._error) from self._error
                return False
            elif slow_consumers := [one for one in self._subscriptions if one.position + self._window <= self._next]:
                self._wait_for(slow_consumers)
            else:
                return True
        return not subscription.alone

    def _wait_for(self, slow_consumers: "list[Subscription]") -> None:
        now = self._clock()
        for one in slow_consumers:
            one.lagging_since = now if one.lagging_since is None else one.lagging_since
        remaining = min(self._max_lag_seconds - one.lag_seconds(now) for one in slow_consumers)
        if remaining > 0:
            self._changed.wait(remaining)
            return
        for one in slow_consumers:
            if one.lag_seconds(now) >= self._max_lag_seconds:
                self._detach(one)
        self._changed.notify_all()

    def _read_one(self) -> None:
        batch: Batch | None = None
        error: DeliveryError | None = RetryableError("read-interrupted", "the thread that read the object was stopped")
        try:
            if self._generator is None:
                self._generator = self.open_batches()
            batch = next(self._generator, None)
            error = None
        except Exception as failure:  # noqa: BLE001 - a bug must not look like the object's end to the siblings
            error = _reading_failed(failure)
        finally:
            with self._changed:
                self._reading = False
                if batch is None:
                    self._ended, self._error = True, error
                else:
                    self._held[self._next] = batch
                    self._next += 1
                    self._forget_what_all_have()
                self._changed.notify_all()

    def _moved(self, subscription: "Subscription") -> None:
        subscription.caught_up(self._clock())
        self._forget_what_all_have()
        self._changed.notify_all()

    def _forget_what_all_have(self) -> None:
        earliest = min((one.position for one in self._subscriptions), default=self._next)
        for index in [index for index in self._held if index < earliest]:
            del self._held[index]

    def _detach(self, subscription: "Subscription") -> None:
        subscription.alone = True
        self._subscriptions.remove(subscription)

    def leave(self, subscription: "Subscription") -> None:
        """Wait for this subscription no longer. The last one to leave ends the read."""
        with self._changed:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
            if not self._subscriptions and not self._reading and self._generator is not None:
                self._ended = True
                self._generator.close()
            self._moved(subscription)


class Subscription:
    """One delivery's part in a shared read: a ``BatchSource``.

    ``alone`` says that it reads, or will read, the object by itself.
    ``waiting``: its delivery waits for the object, and not for its destination.
    """

    def __init__(self, shared: SharedRead) -> None:
        self._shared = shared
        self.alone = False
        self.waiting = False
        self.position = 0  # of the batch it takes next
        self.lagging_since: float | None = None
        self._lag_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches from number ``start`` on; to be called once.

        :raises DeliveryError: the object can't be read (any further).
        """
        self._shared.begin(self, start)
        return self._waited_for(self._batches())

    def _waited_for(self, batches: Generator[Batch]) -> Iterator[Batch]:
        with closing(batches):
            while True:
                self.waiting = True
                try:
                    batch = next(batches, None)
                finally:
                    self.waiting = False
                if batch is None:
                    return
                yield batch

    def _batches(self) -> Generator[Batch]:
        try:
            while (batch := self._shared.take(self)) is not None:
                yield batch
            if self.alone:
                yield from self._own_batches()
        finally:
            self.close()

    def _own_batches(self) -> Generator[Batch]:
        with closing(self._shared.open_batches()) as own:
            while True:
                try:
                    batch = next(own, None)
                except Exception as failure:  # noqa: BLE001 - whatever it is, it isn't the destination's
                    error = _reading_failed(failure)
                    raise error from error.__cause__
                if batch is None:
                    return
                if batch.index >= self.position:
                    yield batch

    def close(self) -> None:
        """Unsubscribe: no other thread waits for this one any longer. Idempotent."""
        self._shared.leave(self)

    def lag_seconds(self, now: float) -> float:
        """Seconds for which the siblings have waited for this one so far."""
        return self._lag_seconds + (0.0 if self.lagging_since is None else now - self.lagging_since)

    def caught_up(self, now: float) -> None:
        """It has moved on, or left."""
        self._lag_seconds, self.lagging_since = self.lag_seconds(now), None


def _reading_failed(failure: Exception) -> DeliveryError:
    """Return the error of a reading: no destination is blamed for it."""
    error = failure
    if not isinstance(error, DeliveryError):
        error = RetryableError("unexpected", f"reading the object: {type(failure).__name__}")
        error.__cause__ = failure
    if not error.call.hop:
        error.call = FailedCall(Hop.SOURCE.name)
    return error


def _again(error: DeliveryError) -> DeliveryError:
    again = type(error)(error.reason, error.detail)
    again.call = error.call
    return again
