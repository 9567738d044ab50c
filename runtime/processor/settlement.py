"""Decides what becomes of each attempt: delivered, permanent, handed over or parked; if none works, returned.

Whatever is to come later is written down before the message it came from is settled: a crash in between repeats
work and never loses any.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from runtime.deliveries.errors import CorruptObjectError, DeliveryError, OutOfTimeError, PermanentError
from runtime.deliveries.method import Progress
from runtime.objects.batches import PLAN_VERSION
from runtime.objects.stored_object import StoredObject
from runtime.processor.dead_letter import DeadLetters
from runtime.processor.delivery_message import DeliveryMessage
from runtime.processor.delivery_record import DeliveryRecord, Outcome, Records
from runtime.processor.hand_over import HandOver, Schedule
from runtime.processor.parking import Parking

logger = logging.getLogger("logrouter.settlement")


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that has ended. ``error`` is ``None``: delivered. ``started_at`` is the checkpoint it began from."""

    object: StoredObject
    type: str
    progress: Progress
    error: DeliveryError | None
    previous: DeliveryMessage | None = None
    started_at: int = 0

    @property
    def attempts(self) -> int:
        """Attempts made so far, this one included."""
        return (self.previous.attempt if self.previous else 0) + 1

    def ran_out_of_time_on_the_way(self) -> bool:
        """Whether nothing failed: the object is larger than one invocation, and this one's part is delivered."""
        return isinstance(self.error, OutOfTimeError) and self.progress.checkpoint > self.started_at


class Settlement:
    """Settles attempts. ``None`` for hand-over or parking: there is no such queue or table. ``clock``: epoch s."""

    def __init__(
        self,
        records: Records,
        dead_letters: DeadLetters,
        schedule: Schedule,
        *,
        hand_over: HandOver | None,
        parking: Parking | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._dead_letters = dead_letters
        self._schedule = schedule
        self._hand_over = hand_over
        self._parking = parking
        self._clock = clock

    def settle(self, attempts: Sequence[Ended]) -> bool:
        """Settle attempts of one object; whether the message they came from may be settled now."""
        corrupt = next((one for one in attempts if isinstance(one.error, CorruptObjectError)), None)
        kept = corrupt is None or self._keep_corrupt(corrupt)
        outcomes = [self._outcome(one, corrupt_is_kept=kept) for one in attempts]
        for one, outcome in zip(attempts, outcomes, strict=True):
            self._record(one, outcome)
        return Outcome.RETURNED not in outcomes

    def close(self, object_: StoredObject, previous: DeliveryMessage, reason: str) -> None:
        """Record that a waiting delivery is no longer wanted (its config is gone, disabled, or filters it now)."""
        error = PermanentError(reason, "the delivery config has changed since the last attempt")
        self._record(Ended(object_, previous.type, Progress(), error, previous), Outcome.PERMANENT)

    def _keep_corrupt(self, one: Ended) -> bool:
        error = one.error
        assert error is not None
        return self._dead_letters.corrupt_object(one.object, error.reason, error.detail)

    def _outcome(self, one: Ended, *, corrupt_is_kept: bool) -> Outcome:
        if one.error is None:
            return Outcome.DELIVERED
        if isinstance(one.error, CorruptObjectError):
            return Outcome.PERMANENT if corrupt_is_kept else Outcome.RETURNED
        if isinstance(one.error, PermanentError):
            return Outcome.PERMANENT
        try:
            return self._later(one, self._next(one, one.error))
        except Exception as error:  # noqa: BLE001 - whatever it is: the message goes back to its queue
            logger.warning(
                "the delivery can be neither handed over nor parked: its message is returned",
                extra={"tenant_id": one.object.key.tenant_id, "type": one.type, "error": type(error).__name__},
            )
            return Outcome.RETURNED

    def _later(self, one: Ended, message: DeliveryMessage) -> Outcome:
        on_the_way = one.ran_out_of_time_on_the_way()
        if one.previous and not on_the_way and self._schedule.is_over(message, self._clock()):
            if self._parking is None:
                return Outcome.RETURNED
            self._parking.park(message, one.object, one.error.detail if one.error else "")
            return Outcome.PARKED
        if self._hand_over is None:
            return Outcome.RETURNED
        self._hand_over.send(message, at_once=on_the_way)
        return Outcome.HANDED_OVER

    def _next(self, one: Ended, error: DeliveryError) -> DeliveryMessage:
        previous = one.previous or DeliveryMessage(
            bucket=one.object.bucket,
            key=one.object.key.key,
            tenant_id=one.object.key.tenant_id,
            type=one.type,
            etag=one.object.etag,
            version_id=one.object.version_id,
            size=one.object.size,
        )
        return replace(
            previous,
            checkpoint=one.progress.checkpoint,
            plan_version=PLAN_VERSION,
            attempt=one.attempts - one.ran_out_of_time_on_the_way(),
            first_attempt_at=previous.first_attempt_at or self._clock(),
            reason=error.reason,
        )

    def _record(self, one: Ended, outcome: Outcome) -> None:
        error = one.error
        self._records.delivery(
            DeliveryRecord(
                object=one.object,
                tenant_id=one.object.key.tenant_id,
                type=one.type,
                outcome=outcome,
                progress=one.progress,
                attempts=one.attempts,
                reason=error.reason if error else "",
                detail=error.detail if error else "",
            )
        )
