"""Repeating a call that failed for a passing reason, within the time budget and not much longer than it helps.

What doesn't succeed here is handed over: a message that waits in a queue costs nothing, a waiting function does.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from runtime import scheduling
from runtime.errors import OutOfTimeError, RefusedError, RetryableError
from runtime.time_budget import TimeBudget


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with full jitter: each pause is anything between nothing and a growing bound.

    :param attempts: calls in all. :param first: bound of the first pause, seconds. :param longest: bound of any.
    :param wait: pauses for that many seconds. :param jitter: gives a number between its two arguments.
    """

    attempts: int = 6
    first: float = 0.2
    longest: float = 4.0
    wait: Callable[[float], object] = scheduling.sleep
    jitter: Callable[[float, float], float] = random.uniform

    def run[Result](self, call: Callable[[], Result], budget: TimeBudget, *, needed: float | None = None) -> Result:
        """Call until it succeeds or fails for good.

        :param needed: seconds that one call may take: none is begun, nor waited for, when less is left. ``None``: the
            first call is made however late it is.
        :raises OutOfTimeError: there was no time for the first call.
        :raises RetryableError: what the last call raised.
        """
        if needed is not None and not budget.allows(needed):
            raise OutOfTimeError("out-of-time", "the time budget is spent; the rest is handed over")
        bound = self.first
        for left in reversed(range(self.attempts)):
            try:
                return call()
            except RetryableError as error:
                pause = self.jitter(0.0, min(self.longest, bound))
                hopeless = not left or isinstance(error, RefusedError | OutOfTimeError)
                if hopeless or not budget.allows(pause + (needed or 0.0)):
                    raise
            self.wait(pause)
            bound *= 2
        raise AssertionError("the last attempt returns or raises")
