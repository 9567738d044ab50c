"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable

INTERVAL_SECONDS = 0.05


class WaitedTooLongError(TimeoutError):
    """The condition did not become true in time; the message says what was waited for."""


def wait_until[T](
    condition: Callable[[], T | None], *, what: str, timeout_seconds: float, interval_seconds: float = INTERVAL_SECONDS
) -> T:
    """Call ``condition`` until it gives something true, and return that.

    :raises WaitedTooLongError: it was still false after ``timeout_seconds``.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() >= deadline:
            raise WaitedTooLongError(f"waited {timeout_seconds:g} s for {what}")
        time.sleep(interval_seconds)
