"""A rate limit: repeated deliveries must not delay new ones."""

from collections.abc import Callable

from runtime import scheduling


class RateLimiter:
    """Admits a number of calls a second, evenly spaced. Used by one thread.

    :param clock: seconds, monotonic. :param wait: pauses for that many seconds.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = scheduling.monotonic,
        wait: Callable[[float], object] = scheduling.sleep,
    ) -> None:
        self._interval = 1.0 / per_second
        self._clock = clock
        self._wait = wait
        self._next = 0.0

    def acquire(self) -> None:
        """Wait for one's turn."""
        now = self._clock()
        if self._next > now:
            self._wait(self._next - now)
        self._next = max(now, self._next) + self._interval
