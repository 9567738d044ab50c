"""Hands parked deliveries over again when their destination works: oldest first, at a limited rate.

Each destination is looked after by itself. While it isn't known to work, one parked delivery is sent as a probe, after
delays that double; when the probe (or anything else) was delivered, the rest follows. Nothing here is the only one of
its kind: a destination is leased by moving its due time, a delivery is claimed before it is sent, and it is removed
after it was sent. A crash in between sends it twice at worst, and never loses it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from runtime import scheduling
from runtime.backoff import Backoff
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import METHOD_NOT_INSTALLED, DeliveryConfigRepository, InvalidItem
from runtime.delivery_config.tenant_rules import held_back
from runtime.delivery_state.destination_status import DestinationStatus, DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.messages.hand_over import HandOver
from runtime.messages.queue_circuit import PAUSES
from runtime.rate_limit import RateLimiter
from runtime.time_budget import TimeBudget

SLICE = 50  # of one destination, then the next one's turn comes
LEASE_SECONDS = 60.0  # ours: longer than a slice takes; who was killed leaves the destination to others after it
VERDICT_SECONDS = 60.0  # ours: a probe of which nothing is heard by then (it waits in a long queue) counts as failed
RECHECK_SECONDS = 1.0
MAX_WAIT_SECONDS = 5.0  # ours: a probe that takes longer is looked after by the next run; waiting is paid for
LAST_SECONDS = 5.0  # nothing is begun in the last seconds of a budget
logger = logging.getLogger("logrouter.resumer")


PROBE_DELAYS: Final = Backoff(60.0, 3600.0)
"""Seconds between the probes of a destination, doubling; without jitter, as one function sends them all."""


class Resumer:
    """Works off what is due. ``clock``: epoch seconds; ``wait`` pauses for that many seconds."""

    def __init__(
        self,
        parked: ParkedDeliveries,
        statuses: DestinationStatuses,
        configs: DeliveryConfigRepository,
        hand_over: HandOver,
        limiter: RateLimiter,
        *,
        delays: Backoff = PROBE_DELAYS,
        clock: Callable[[], float] = scheduling.now,
        wait: Callable[[float], object] = scheduling.sleep,
    ) -> None:
        self._parked = parked
        self._statuses = statuses
        self._configs = configs
        self._hand_over = hand_over
        self._limiter = limiter
        self._delays = delays
        self._clock = clock
        self._wait = wait

    def config_changed(self, tenant_id: str, type_: str) -> None:
        """Let a destination be tried at once: its config has changed."""
        if self._statuses.expedite(tenant_id, type_):
            logger.info("a changed config's parked deliveries are due", extra={"tenant_id": tenant_id, "type": type_})

    def run(self, budget: TimeBudget, max_wait_seconds: float = MAX_WAIT_SECONDS) -> int:
        """Work until nothing is due or the budget is spent; return how many were resumed.

        :param max_wait_seconds: seconds to wait for the answer to a probe, so that the rest follows in the same run.
        """
        resumed, waited = 0, 0.0
        while budget.allows(LAST_SECONDS):
            count, pause = self._round(budget)
            resumed += count
            waited = 0.0 if count else waited
            if pause is None or waited + pause > max_wait_seconds:
                break
            if pause:
                self._wait(pause)
                waited += pause
        return resumed

    def _round(self, budget: TimeBudget) -> tuple[int, float | None]:
        """Handle each destination that is due; return how many were resumed, and when the next one is due."""
        resumed = 0
        pauses: list[float] = []
        for status in self._statuses.due():
            count, pause = self._look_after(status, budget)
            resumed += count
            if pause is not None:
                pauses.append(pause)
            if not budget.allows(LAST_SECONDS):
                break
        return resumed, min(pauses, default=None)

    def _look_after(self, seen: DestinationStatus, budget: TimeBudget) -> tuple[int, float | None]:
        """Do the next thing for a destination; return how many were resumed, and seconds until there is more to do."""
        leased_until = self._clock() + LEASE_SECONDS
        if not self._statuses.reschedule(seen, leased_until):
            return 0, None
        status = self._statuses.of(seen.tenant_id, seen.type)  # the index may lag behind
        if not self._has_live_config(status):
            # Its return is a change of the config, also where the tenant's record changes, and that starts this
            # function: looking is only the second line.
            self._statuses.reschedule(status, self._clock() + self._delays.longest)
            return 0, None
        if status.healthy:
            return self._resume_some(status, budget)
        return self._probe(status)

    def _resume_some(self, status: DestinationStatus, budget: TimeBudget) -> tuple[int, float | None]:
        resumed = 0
        for parked in self._parked.next_in_order(status.tenant_id, status.type, limit=SLICE):
            if not budget.allows(LAST_SECONDS / 2):
                break
            resumed += self._resume(parked, probe=False)
        if not resumed and not self._parked.has_any(status.tenant_id, status.type) and self._statuses.clear(status):
            logger.info("nothing is parked any longer", extra={"tenant_id": status.tenant_id, "type": status.type})
            return 0, None
        # Nothing resumed though something is there: another's claim, or an index that lags. It passes.
        pause = 0.0 if resumed else self._delays.first
        self._statuses.reschedule(status, self._clock() + pause, healthy=True)
        return resumed, 0.0 if resumed else None

    def _probe(self, status: DestinationStatus) -> tuple[int, float | None]:
        now = self._clock()
        answered = status.last_failure_at >= status.probe_sent_at or now - status.probe_sent_at >= VERDICT_SECONDS
        if status.probes and not answered:
            self._statuses.reschedule(status, now + RECHECK_SECONDS)
            return 0, RECHECK_SECONDS
        next_at = status.probe_sent_at + self._delays.bound(status.probes) if status.probes else now
        if next_at > now:
            self._statuses.reschedule(status, next_at)
            return 0, None
        # The time of the probe is written before it is sent: its answer can't be older.
        moved = replace(status, due_at=now + RECHECK_SECONDS)
        if not self._statuses.reschedule(status, now + RECHECK_SECONDS, probed=True):
            return 0, None
        for parked in self._parked.next_in_order(status.tenant_id, status.type, limit=SLICE):
            if self._resume(parked, probe=True):
                return 1, RECHECK_SECONDS
        if not self._parked.has_any(status.tenant_id, status.type) and self._statuses.clear(status):
            return 0, None
        self._statuses.reschedule(moved, now + self._delays.first)
        return 0, None

    def _resume(self, parked: ParkedDelivery, *, probe: bool) -> bool:
        now = self._clock()
        if not self._parked.claim(parked, now):
            return False
        self._limiter.acquire()
        message = parked.message
        try:
            self._hand_over.send(
                replace(message, probe=probe, resumptions=message.resumptions + 1, schedule_from=0.0 if probe else now),
                at_once=True,
            )
        except Exception:
            # Not for as long as one that a killed resumer has taken: it is in no queue, or at most once.
            self._parked.release(parked, now, PAUSES.longest)
            raise
        self._parked.remove(parked)
        return True

    def _has_live_config(self, status: DestinationStatus) -> bool:
        tenant = self._configs.fetch_tenant(status.tenant_id)
        config = tenant.of_type(status.type)
        if isinstance(config, InvalidItem) and config.reason == METHOD_NOT_INSTALLED:
            config = config.common  # the processor may have what this function lacks
        return isinstance(config, DeliveryConfig) and config.enabled and held_back(tenant, config) is None
