"""Slots for objects that are read at once: they bound the memory and the threads of a process.

An object with many deliveries takes several. Slots are taken in the order of asking: a wide object isn't passed by
narrow ones for ever, and these wait no longer than objects that move need.
"""

from runtime import scheduling


class Slots:
    """Shared by all threads."""

    def __init__(self, count: int) -> None:
        self._changed = scheduling.condition()
        self._free = self._all = count
        self._waiting: list[object] = []

    def take(self, count: int, seconds: float) -> "TakenSlots | None":
        """Take so many, at most all that there are; ``None``: they didn't get free in time."""
        count = min(count, self._all)
        place, deadline = object(), scheduling.monotonic() + seconds
        with self._changed:
            self._waiting.append(place)
            try:
                while self._waiting[0] is not place or self._free < count:
                    left = deadline - scheduling.monotonic()
                    if left <= 0:
                        return None
                    self._changed.wait(left)
                self._free -= count
                return TakenSlots(self, count)
            finally:
                self._waiting.remove(place)
                self._changed.notify_all()

    def release(self, count: int) -> None:
        """Return slots that were taken."""
        with self._changed:
            self._free += count
            self._changed.notify_all()


class TakenSlots:
    """The slots of one object, released once, by the thread that took them."""

    def __init__(self, slots: Slots, count: int) -> None:
        self._slots = slots
        self._count = count

    def give_up(self) -> None:
        """Release them. Idempotent."""
        count, self._count = self._count, 0
        if count:
            self._slots.release(count)
