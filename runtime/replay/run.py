"""Sends a replay's delivery messages, at a limited rate, with its progress stored: the next run continues it.

Progress is written after what it counts was sent: who is killed in between leaves at most one part to be sent twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from runtime import scheduling
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.replays import Replay, Replays, ReplayState
from runtime.messages.delivery_message import REPLAYED, DeliveryMessage
from runtime.messages.hand_over import HandOver
from runtime.rate_limit import RateLimiter
from runtime.replay.estimate import wanted_by
from runtime.replay.listing import FoundObject, Listing
from runtime.time_budget import TimeBudget

PART = 100  # objects between two notes of the progress: at most so many are sent twice after a crash
NOTE_SECONDS = 30.0  # ours: the progress is noted that often, too, whatever was found
LEASE_SECONDS = 120.0  # ours: longer than the time between two notes
SLICE_SECONDS = 10.0  # ours: of one replay, then the next one's turn comes; a tenant's many slow ones hold up nobody
LAST_SECONDS = 5.0


class ReplayRunner:
    """Runs replays. ``clock``: epoch seconds; ``wait`` pauses for that many seconds."""

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

    def run_due(self, budget: TimeBudget) -> int:
        """Work on what is due until the budget is spent; return how many deliveries were sent."""
        sent = 0
        while budget.allows(LAST_SECONDS) and (due := self._replays.due()):
            for replay in round_robin(due):
                if not budget.allows(LAST_SECONDS):
                    break
                sent += self.run(replay, budget.at_most(SLICE_SECONDS + LAST_SECONDS)).deliveries - replay.deliveries
        return sent

    def run(self, replay: Replay, budget: TimeBudget) -> Replay:
        """Work on one until it is done, another has taken it, or the budget is spent; return how far it is."""
        limiter = RateLimiter(replay.per_second, self._clock, self._wait)
        leased = self._replays.save(replay, replace(replay, due_at=self._clock() + LEASE_SECONDS))
        if leased is None:
            return replay
        noted = part = leased
        noted_at = self._clock()
        for part in self._steps(leased, limiter):
            late = not budget.allows(LAST_SECONDS)
            if not late and part.objects - noted.objects < PART and self._clock() - noted_at < NOTE_SECONDS:
                continue
            saved = self._replays.save(noted, self._next(part, at_once=late))
            if saved is None:
                return part
            noted, noted_at = saved, self._clock()
            if late:
                return noted
        return self._replays.save(noted, replace(part, state=ReplayState.DONE)) or part

    def _steps(self, replay: Replay, limiter: RateLimiter) -> Iterator[Replay]:
        """Yield the progress after each object that is sent, and after each page that is read."""
        for page in self._listing.pages(replay.selection, after=replay.after):
            for found, following in zip_longest(page.found, page.found[1:]):
                replay = self._send(replay, found, limiter)
                if following is None or following.object.key.key != found.object.key.key:
                    replay = replace(replay, after=found.object.key.key)  # all of its versions are sent
                yield replay
            replay = replace(replay, after=page.through)
            yield replay

    def _next(self, replay: Replay, *, at_once: bool) -> Replay:
        return replace(replay, due_at=self._clock() + (0.0 if at_once else LEASE_SECONDS))

    def _send(self, replay: Replay, found: FoundObject, limiter: RateLimiter) -> Replay:
        object_ = found.object
        types = wanted_by(self._configs.fetch_tenant(replay.tenant_id), replay.selection, found)
        for type_ in types:
            limiter.acquire()
            message = DeliveryMessage(
                object_.bucket,
                object_.key.key,
                object_.key.tenant_id,
                type_,
                etag=object_.etag,
                version_id=object_.version_id,
                size=object_.size,
                reason=REPLAYED,
            )
            self._hand_over.send(message, at_once=True)
        return replace(
            replay,
            objects=replay.objects + 1,
            deliveries=replay.deliveries + len(types),
            bytes=replay.bytes + found.size * bool(types),
        )


def round_robin(replays: Sequence[Replay]) -> list[Replay]:
    """Order replays so that each tenant's first comes before any tenant's second."""
    tenants: dict[str, list[Replay]] = {}
    for replay in replays:
        tenants.setdefault(replay.tenant_id, []).append(replay)
    rounds = zip_longest(*tenants.values())
    return [replay for each in rounds for replay in each if replay is not None]
