"""A share of the host's threads for each destination: one that hangs, or is slow, never takes them all.

At most ``SHARE`` attempts at one destination are made at once. Further ones take turns while those that run make
progress. Where none of them has moved for a moment, the rest isn't kept waiting: it is handed over at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from runtime import scheduling
from runtime.bounded_map import BoundedMap
from runtime.deliveries.method import Delivery
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import NotTriedError
from runtime.objects.shared_read import Subscription

SHARE: Final = 4
"""Ours: attempts at one destination at once, as many as a queue once had threads for all of them."""
CROWDED: Final = 12
"""Ours: while so many attempts are at work in the process, each destination has one: of the 32 messages that a poller
holds of a queue, three hanging destinations take 12 and twenty more take one each."""
STALL_SECONDS: Final = 0.25
"""Ours: a usual call takes some 0.05 s; attempts that haven't moved for longer hold nobody up."""
LOADING_SECONDS: Final = 2.0
"""Ours: so long instead, until an attempt of that delivery method has ended: its client is loaded, which is no hang."""
SLOW_SECONDS: Final = 2.0
"""Ours: a destination that takes longer for a batch has its first attempts handed over, at once and without a delay:
a message is settled when all of its deliveries have ended, and healthy tenants' objects wait behind it."""
SLOW_FOR_SECONDS: Final = 300.0
"""Ours: after that, one first attempt finds out whether it still is."""
_CAPACITY: Final = 4096  # destinations that are slow at the same time


class DestinationBusyError(NotTriedError):
    """Not tried: the destination's share of the threads is taken, and what runs there doesn't move."""

    def __init__(self) -> None:
        super().__init__("destination-busy", "not tried: earlier attempts at this destination haven't ended")


class DestinationSlowError(NotTriedError):
    """Not tried with the object's other deliveries: the destination was slow lately, nothing is wrong with it."""

    def __init__(self) -> None:
        super().__init__("destination-slow", "not tried with its object's other deliveries: the destination is slow")


class Motion:
    """Whether an attempt has moved since the last check."""

    def __init__(self, delivery: Delivery, source: Subscription | None) -> None:
        self._progress = delivery.progress
        self._program_time = delivery.program_time
        self._source = source
        self._seen = self._state()

    def moved(self) -> bool:
        """Return whether batches were acknowledged meanwhile, or it is the object or a program that it waits for."""
        state = self._state()
        waits = self._program_time.goes_on or bool(self._source and self._source.waiting)
        if state == self._seen and not waits:
            return False
        self._seen = state
        return True

    def _state(self) -> tuple[int, int]:
        return self._progress.checkpoint, len(self._progress.ahead)


class _Running:
    """The attempts at one destination, and when one of them was last seen to move (monotonic seconds)."""

    def __init__(self) -> None:
        self.motions: list[Motion] = []
        self.moved_at = 0.0

    def still_for(self, now: float) -> float:
        """Return for how many seconds none has moved."""
        if sum(motion.moved() for motion in self.motions):  # asks each of them, as each notes what it sees
            self.moved_at = now
        return now - self.moved_at


class DestinationShares:
    """The attempts at work in the process, by destination. Shared by all threads.

    :param hands_over: what isn't tried comes again by itself. Where it doesn't (by hand), nothing is refused: each
        attempt waits for its turn. :param clock: seconds, monotonic.
    """

    def __init__(
        self, *, share: int = SHARE, hands_over: bool = True, clock: Callable[[], float] = scheduling.monotonic
    ) -> None:
        self._share = share
        self._hands_over = hands_over
        self._clock = clock
        self._changed = scheduling.condition()
        self._running: dict[tuple[str, str], _Running] = {}
        self._slow_until: BoundedMap[tuple[str, str], float] = BoundedMap(_CAPACITY)
        self._loaded: set[str] = set()  # delivery methods
        self._total = 0

    def refuses(self, config: DeliveryConfig, *, first: bool) -> NotTriedError | None:
        """Return why an attempt isn't to be made: asked before the object takes a place that others could have.

        :param first: it is a delivery's first attempt.
        """
        if not self._hands_over:
            return None
        key = (config.tenant_id, config.type)
        with self._changed:
            now = self._clock()
            if first and now < (self._slow_until.get(key) or 0.0):
                return DestinationSlowError()
            running = self._taken(key)
            stalled = running is not None and running.still_for(now) >= self._stall_seconds(config)
            return DestinationBusyError() if stalled else None

    @contextmanager
    def part(self, delivery: Delivery, source: Subscription | None) -> Iterator[None]:
        """Take a part of the destination's share for the time of an attempt; wait for it while others there move.

        :raises DestinationBusyError: they don't. :raises OutOfTimeError: the delivery's budget is spent.
        """
        key = (delivery.config.tenant_id, delivery.config.type)
        with self._changed:
            self._wait_for_turn(key, delivery)
            running = self._running.setdefault(key, _Running())
            motion = Motion(delivery, source)
            running.motions.append(motion)
            running.moved_at = begun = self._clock()
            self._total += 1
        done_before, succeeded = delivery.progress.checkpoint, False
        in_program = delivery.program_time.seconds
        try:
            yield
            succeeded = True
        finally:
            with self._changed:
                running.motions.remove(motion)
                running.moved_at = now = self._clock()
                self._loaded.add(delivery.config.method)
                if succeeded:  # of one that fails its circuit knows
                    took = now - begun - (delivery.program_time.seconds - in_program)
                    self._time_taken(key, took / max(1, delivery.progress.checkpoint - done_before))
                self._total -= 1
                if not running.motions:
                    del self._running[key]
                self._changed.notify_all()

    def _stall_seconds(self, config: DeliveryConfig) -> float:
        return STALL_SECONDS if config.method in self._loaded else LOADING_SECONDS

    def _time_taken(self, key: tuple[str, str], batch_seconds: float) -> None:
        if batch_seconds >= SLOW_SECONDS:
            self._slow_until[key] = self._clock() + SLOW_FOR_SECONDS
        else:
            self._slow_until.pop(key, None)

    def _wait_for_turn(self, key: tuple[str, str], delivery: Delivery) -> None:
        while running := self._taken(key):
            left = self._stall_seconds(delivery.config) - running.still_for(self._clock())
            if left <= 0 and self._hands_over:
                raise DestinationBusyError
            delivery.budget.check()
            self._changed.wait(left if left > 0 else STALL_SECONDS)

    def _taken(self, key: tuple[str, str]) -> _Running | None:
        """Return the attempts that fill a destination's share; ``None`` where there is room."""
        running = self._running.get(key)
        if running is None or len(running.motions) < (self._share if self._total < CROWDED else 1):
            return None
        return running
