"""Sends a replay's delivery messages, at a limited rate, with its progress kept: whoever comes next goes on with it.

Progress is written after what it counts was sent: who is killed in between leaves at most one part to be sent twice.
"""

from collections.abc import Callable
from dataclasses import replace

from runtime import scheduling
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_state.replays import Replay, Replays, ReplayState
from runtime.messages.delivery_message import REPLAYED, DeliveryMessage
from runtime.messages.hand_over import HandOver
from runtime.rate_limit import RateLimiter
from runtime.replay.estimate import Estimate, estimate, wanted_by
from runtime.replay.listing import FoundObject, Listing
from runtime.time_budget import TimeBudget

PART = 100  # objects between two notes of the progress: at most so many are sent twice after a crash
LEASE_SECONDS = 120.0  # ours: longer than a part takes at one delivery a second and object
LAST_SECONDS = 5.0


class ReplayRunner:
    """Works replays off. ``clock``: epoch seconds; ``wait`` pauses for that many seconds."""

    def __init__(
        self,
        replays: Replays,
        listing: Listing,
        configs: DeliveryConfigRepository,
        hand_over: HandOver,
        *,
        clock: Callable[[], float] = scheduling.now,
        wait: Callable[[float], object] = scheduling.sleep,
    ) -> None:
        self._replays = replays
        self._listing = listing
        self._configs = configs
        self._hand_over = hand_over
        self._clock = clock
        self._wait = wait

    def estimate(self, selection: Selection, per_second: float) -> Estimate:
        """Count what a selection would come to, before anything is sent."""
        configs = self._wanted_configs(selection)
        return estimate(self._listing.objects(selection), configs, per_second=per_second, clock=self._clock)

    def run_due(self, budget: TimeBudget) -> int:
        """Work on what is due until the budget is spent; give how many deliveries were sent."""
        sent = 0
        for replay in self._replays.due():
            if not budget.allows(LAST_SECONDS):
                break
            sent += self.run(replay, budget).deliveries - replay.deliveries
        return sent

    def run(self, replay: Replay, budget: TimeBudget, told: Callable[[Replay], object] | None = None) -> Replay:
        """Work on one until it is done, another has taken it, or the budget is spent; give how far it is.

        :param told: is told of the progress after every part.
        """
        pace = RateLimiter(replay.per_second, self._clock, self._wait)
        leased = self._replays.save(replay, replace(replay, due_at=self._clock() + LEASE_SECONDS))
        if leased is None:
            return replay
        current = part = leased
        for found in self._listing.objects(replay.selection, after=replay.after):
            part = self._send(part, found, pace)
            late = not budget.allows(LAST_SECONDS)
            if late or part.objects - current.objects >= PART:
                saved = self._replays.save(current, self._next(part, at_once=late))
                if saved is None:
                    return part
                current = part = saved
                if told:
                    told(current)
                if late:
                    return current
        return self._replays.save(current, replace(part, state=ReplayState.DONE)) or part

    def _next(self, replay: Replay, *, at_once: bool) -> Replay:
        return replace(replay, due_at=self._clock() + (0.0 if at_once else LEASE_SECONDS))

    def _send(self, replay: Replay, found: FoundObject, pace: RateLimiter) -> Replay:
        object_ = found.object
        configs = wanted_by(self._wanted_configs(replay.selection), found)
        for config in configs:
            pace.acquire()
            message = DeliveryMessage(
                object_.bucket,
                object_.key.key,
                object_.key.tenant_id,
                config.type,
                etag=object_.etag,
                size=object_.size,
                reason=REPLAYED,
            )
            self._hand_over.send(message, at_once=True)
        return replace(
            replay,
            after=object_.key.key,
            objects=replay.objects + 1,
            deliveries=replay.deliveries + len(configs),
            bytes=replay.bytes + found.size * bool(configs),
        )

    def _wanted_configs(self, selection: Selection) -> list[DeliveryConfig]:
        configs = self._configs.of_tenant(selection.tenant_id).configs
        return [config for config in configs if selection.type in (None, config.type)]
