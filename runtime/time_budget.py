"""How long an object or a delivery may still take. Derived from the host's deadline, passed down, never global."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from runtime import scheduling
from runtime.errors import OutOfTimeError


def _never() -> float:
    return math.inf


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """A deadline on the monotonic clock, in seconds.

    :param settle_seconds: what is left after the deadline for handing over what isn't done.
    :param stop_by: a second deadline that may come nearer while work goes on (a host that is stopped).
    """

    deadline: float
    clock: Callable[[], float] = field(default=scheduling.monotonic, repr=False)
    settle_seconds: float = 0.0
    stop_by: Callable[[], float] = field(default=_never, repr=False)

    @classmethod
    def of_seconds(
        cls,
        seconds: float,
        clock: Callable[[], float] = scheduling.monotonic,
        *,
        settle_seconds: float = 0.0,
        stop_by: Callable[[], float] = _never,
    ) -> "TimeBudget":
        """Start a budget of that many seconds now."""
        return cls(clock() + seconds, clock, settle_seconds, stop_by)

    def share(self, parts: int) -> "TimeBudget":
        """Return a budget of what is left, divided by that many, the rest being others'."""
        return replace(self, deadline=self.clock() + self.remaining() / parts)

    def at_most(self, seconds: float) -> "TimeBudget":
        """Return a budget of no more than that many seconds from now."""
        return replace(self, deadline=min(self.deadline, self.clock() + seconds))

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, min(self.deadline, self.stop_by()) - self.clock())

    def allows(self, seconds: float) -> bool:
        """Whether something that takes that long still fits."""
        return self.remaining() > seconds

    def check(self) -> None:
        """Stop work whose budget is spent.

        :raises OutOfTimeError: it is.
        """
        if not self.allows(0.0):
            raise OutOfTimeError("out-of-time", "the time budget is spent; the rest is handed over")

    def overrun(self) -> float:
        """Seconds since the deadline, 0 before it."""
        return max(0.0, self.clock() - min(self.deadline, self.stop_by()))


FOREVER = TimeBudget(math.inf)
"""For work that a person waits for, and ends."""
