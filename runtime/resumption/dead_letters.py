"""Redrives dead letters without a reason attribute automatically, with growing delays.

SQS moves a message that was received too often: what received it could neither do it nor say why. That is an outage
of the provider's own (or a message that crashes the processor), and heals without a person when the outage ends. What
was sent to the dead-letter queue with a reason is never touched: trying again can't help it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.replay.redrive import NO_REASON, DeadLetter, Redrive
from runtime.time_budget import TimeBudget

logger = logging.getLogger("logrouter.dead_letter")

REDRIVE_DELAYS: Final = Backoff(600.0, 6 * 3600.0)
"""Seconds since a dead letter was last sent, doubling from one redrive to the next."""

MOST_REDRIVES: Final = 40
"""Ours: with these delays nine days, longer than a queue keeps a message. What crashes the processor at each receive
is then left for a person."""


@dataclass(frozen=True, slots=True)
class DeadLetterRedrive:
    """Works on pairs of dead-letter queue and queue. ``clock``: epoch seconds."""

    clients: AwsClients
    queues: Sequence[tuple[str, str]]
    per_second: float
    delays: Backoff = REDRIVE_DELAYS
    clock: Callable[[], float] = scheduling.now
    wait: Callable[[float], object] = scheduling.sleep

    def run(self, budget: TimeBudget) -> int:
        """Redrive what is due in each queue; return how many messages that were."""
        redriven = 0
        for index, (source, target) in enumerate(self.queues):
            share = budget.share(len(self.queues) - index)
            redrive = Redrive(self.clients, source, target, self.per_second, self.clock, self.wait)
            done = redrive.run(chosen=self._is_due, counted=True, budget=share)
            count = done.moved.total()
            redriven += count
            if count:
                logger.warning("dead letters without a reason are redriven", extra={"count": count, "queue": target})
        return redriven

    def _is_due(self, letter: DeadLetter) -> bool:
        if letter.reason != NO_REASON or letter.redrives >= MOST_REDRIVES:
            return False
        return self.clock() - letter.sent_at >= self.delays.bound(letter.redrives + 1)
