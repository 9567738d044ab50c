"""Repeating a call that failed for a passing reason: one formula for the pauses, one loop around the call.

A delivery's calls are repeated within its time budget, and not much longer than it helps: what doesn't succeed is
handed over, as a message that waits in a queue costs nothing and a waiting function does. A call that timed out isn't
repeated at all: each further one would hold its thread for as long again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from runtime import scheduling
from runtime.errors import TIMEOUT, DeliveryError, OutOfTimeError, RefusedError, RetryableError
from runtime.time_budget import TimeBudget

_MAX_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: each pause is anything between nothing and a growing bound.

    :param first: bound of the first pause, seconds. :param longest: bound of any.
    :param jitter: returns a number between its two arguments.
    """

    first: float
    longest: float
    jitter: Callable[[float, float], float] = random.uniform

    def bound(self, failures: int) -> float:
        """Return the upper bound of the pause after that many failures (from 1), in seconds."""
        return min(self.longest, self.first * 2.0 ** min(max(failures - 1, 0), _MAX_DOUBLINGS))

    def pause(self, failures: int) -> float:
        """Return the pause after that many failures, in seconds."""
        return self.jitter(0.0, self.bound(failures))

    def scaled(self, scale: float) -> "Backoff":
        """Return the same with pauses of that many times the length."""
        return Backoff(self.first * scale, self.longest * scale, self.jitter)

    def repeat[Result](
        self,
        call: Callable[[], Result],
        attempts: int,
        passes: Callable[[Exception], bool],
        *,
        wait: Callable[[float], object] = scheduling.sleep,
        may_wait: Callable[[float], bool] = lambda _: True,
        at_least: Callable[[Exception], float] = lambda _: 0.0,
    ) -> Result:
        """Call until it succeeds, at most ``attempts`` times; return its result.

        :param passes: whether an error is worth another call. :param may_wait: whether there is time for a pause.
        :param at_least: how long the pause after an error has to be, seconds.
        Raises what the last call raised.
        """
        for failures in range(1, attempts):
            try:
                return call()
            except Exception as error:
                pause = max(self.pause(failures), at_least(error))
                if not passes(error) or not may_wait(pause):
                    raise
            wait(pause)
        return call()


@dataclass(frozen=True, slots=True)
class Retry:
    """How the calls of a delivery are repeated.

    :param attempts: calls in all. :param first: bound of the first pause, seconds. :param longest: bound of any.
    :param wait: pauses for that many seconds. :param jitter: returns a number between its two arguments.
    """

    attempts: int = 6
    first: float = 0.2
    longest: float = 4.0
    wait: Callable[[float], object] = scheduling.sleep
    jitter: Callable[[float, float], float] = random.uniform

    def run[Result](self, call: Callable[[], Result], budget: TimeBudget, *, needed: float | None = None) -> Result:
        """Call until it succeeds or fails for good.

        A destination that asks for a longer pause than ``longest`` isn't waited for here.

        :param needed: seconds that one call may take: none is begun, nor waited for, when less is left. ``None``: the
            first call is made however late it is.
        :raises OutOfTimeError: there was no time for the first call.
        :raises RetryableError: what the last call raised.
        """
        if needed is not None and not budget.allows(needed):
            raise OutOfTimeError("out-of-time", "the time budget is spent; the rest is handed over")

        def may_wait(pause: float) -> bool:
            return budget.allows(pause + (needed or 0.0))

        pauses = Backoff(self.first, self.longest, jitter=self.jitter)

        def passes(error: Exception) -> bool:
            return _may_pass(error) and _asked_for(error) <= self.longest

        return pauses.repeat(call, self.attempts, passes, wait=self.wait, may_wait=may_wait, at_least=_asked_for)


def _asked_for(error: Exception) -> float:
    """Return the seconds that a destination asks to wait for."""
    return (error.retry_after or 0.0) if isinstance(error, DeliveryError) else 0.0


def _may_pass(error: Exception) -> bool:
    if not isinstance(error, RetryableError) or isinstance(error, RefusedError | OutOfTimeError):
        return False
    return error.reason != TIMEOUT
