"""How long an object or a delivery may still take. Derived from the host's deadline, passed down, never global."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """A deadline on the monotonic clock, in seconds."""

    deadline: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @classmethod
    def of_seconds(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "TimeBudget":
        """Start a budget of that many seconds now."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - self.clock())

    def allows(self, seconds: float) -> bool:
        """Whether something that takes that long still fits."""
        return self.remaining() > seconds
