"""Decides the outcome of each attempt: delivered, permanent, handed over or parked; if none works, returned.

Whatever is to come later is written down before the message it came from is settled: a crash in between repeats
work and never loses any.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runtime import scheduling
from runtime.deliveries.method import DeliveryProgress
from runtime.errors import (
    CorruptObjectError,
    DeliveryError,
    HeldBackError,
    Hop,
    NotTriedError,
    PermanentError,
    classify,
)
from runtime.logs import without_message
from runtime.messages.dead_letters import DeadLetters
from runtime.messages.delivery_message import REPLAYED, DeliveryMessage
from runtime.messages.hand_over import HandOver, Schedule
from runtime.messages.queue_circuit import is_uncertain
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempt_result import AttemptResult, ElsewhereError
from runtime.processor.delivery_record import DeliveryRecord, Outcome, Records
from runtime.processor.destination_shares import DestinationSlowError

if TYPE_CHECKING:
    from runtime.processor.parking import Parking
    from runtime.processor.status_writer import StatusWriter

logger = logging.getLogger("logrouter.settlement")


class Settlement:
    """Settles attempts. ``None`` for hand-over or parking: there is no such queue or table. ``clock``: epoch s."""

    def __init__(
        self,
        records: Records,
        dead_letters: DeadLetters,
        schedule: Schedule,
        *,
        hand_over: HandOver | None,
        parking: "Parking | None",
        statuses: "StatusWriter | None" = None,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._records = records
        self._dead_letters = dead_letters
        self._schedule = schedule
        self._hand_over = hand_over
        self._parking = parking
        self._statuses = statuses
        self._clock = clock

    def settle(self, attempts: Sequence[AttemptResult], *, notified: bool = True) -> bool:
        """Settle attempts of one object; return whether the message they came from may be settled now."""
        return Outcome.RETURNED not in self.outcomes(attempts, notified=notified)

    def outcomes(self, attempts: Sequence[AttemptResult], *, notified: bool = True) -> list[Outcome]:
        """Settle attempts of one object; return how each ended, in their order.

        :param notified: the first one's record counts the object's notification, where there was one.
        """
        corrupt = next((one for one in attempts if isinstance(one.error, CorruptObjectError)), None)
        kept = corrupt is None or self._keep_corrupt(corrupt)
        outcomes = [self._outcome(one, corrupt_is_kept=kept) for one in attempts]
        for number, (one, outcome) in enumerate(zip(attempts, outcomes, strict=True)):
            self._record(one, outcome, notified=notified and number == 0 and one.previous is None)
            self._note(one, outcome)
        return outcomes

    def close(self, object_: StoredObject, previous: DeliveryMessage, reason: str) -> None:
        """Record that a waiting delivery is no longer wanted: its config filters it now."""
        error = PermanentError(reason, "the delivery config has changed since the last attempt")
        self._record(AttemptResult(object_, previous.type, DeliveryProgress(), error, previous), Outcome.PERMANENT)

    def _keep_corrupt(self, one: AttemptResult) -> bool:
        error = one.error
        assert error is not None
        asked_by = one.previous.write() if one.previous else None
        return self._dead_letters.corrupt_object(one.object, error.reason, error.detail, asked_by=asked_by)

    def _outcome(self, one: AttemptResult, *, corrupt_is_kept: bool) -> Outcome:
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
            reason = classify(error, hop=Hop.EXECUTION).reason
            self._records.returned(reason, tenant_id=one.object.key.tenant_id, type=one.type)
            return Outcome.RETURNED

    def _later(self, one: AttemptResult, message: DeliveryMessage) -> Outcome:
        on_the_way = one.ran_out_of_time_on_the_way()
        elsewhere = isinstance(one.error, ElsewhereError)
        over = isinstance(one.error, HeldBackError) or self._schedule.is_over(message, self._clock())
        if one.error and over and not (on_the_way or elsewhere):
            if self._parking is None:
                return Outcome.RETURNED
            try:
                return self._park(one, message)
            except Exception as failure:
                if self._hand_over is None:
                    raise
                # Not returned: an outage of our table would use up the message's receives.
                logger.warning("a delivery can't be parked: it is handed over", extra=without_message(failure))
                self._hand_over.send(message, retry_after=one.error.retry_after)
                return Outcome.HANDED_OVER
        if self._hand_over is None:
            return Outcome.RETURNED
        at_once = on_the_way or elsewhere or isinstance(one.error, DestinationSlowError)
        try:
            self._hand_over.send(message, at_once=at_once, retry_after=one.error.retry_after if one.error else None)
        except Exception as failure:
            if self._parking is None or not is_uncertain(failure):
                raise
            # Not returned, to be sent once more: it may have been taken, and parking twice makes one item.
            logger.warning(
                "it isn't known whether a delivery is handed over: it is parked", extra=without_message(failure)
            )
            return self._park(one, message)
        return Outcome.HANDED_OVER

    def _park(self, one: AttemptResult, message: DeliveryMessage) -> Outcome:
        assert self._parking is not None
        assert one.error is not None
        # Who reads it wants to know what is wrong with the destination, not that it wasn't tried.
        error = (one.error.last if isinstance(one.error, NotTriedError) else None) or one.error
        self._parking.park(replace(message, reason=error.reason), one.object, error)
        return Outcome.PARKED

    def _next(self, one: AttemptResult, error: DeliveryError) -> DeliveryMessage:
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
            ahead=tuple(sorted(one.progress.ahead)),
            unkept=one.progress.unkept,
            rests=one.progress.rests,
            destination=one.progress.destination,
            program=one.progress.program,
            plan_version=PLAN_VERSION,
            attempt=one.attempts - one.ran_out_of_time_on_the_way(),
            first_attempt_at=previous.first_attempt_at or self._clock(),
            reason=error.reason,
        )

    def _note(self, one: AttemptResult, outcome: Outcome) -> None:
        """Keep the destination's status: after everything is settled, as nothing depends on it."""
        if self._statuses is None:
            return
        tenant_id, previous = one.object.key.tenant_id, one.previous
        if outcome is Outcome.DELIVERED:
            oldest = one.progress.oldest_event_ms
            lag = None if oldest is None or _is_replay(one) else max(0.0, round(self._clock() - oldest / 1000, 3))
            more: dict[str, Any] = {"created_log_group": True} if one.progress.created_log_group else {}
            if one.progress.program_counts:
                more["program"] = one.progress.program_counts
            self._statuses.delivered(tenant_id, one.type, lag, recovered=previous is not None, **more)
        elif one.error is not None and outcome is not Outcome.PERMANENT and not _says_nothing(one.error):
            self._statuses.failed(tenant_id, one.type, one.error, probed=previous is not None and previous.probe)

    def _record(self, one: AttemptResult, outcome: Outcome, *, notified: bool = False) -> None:
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
                notified=notified,
                replayed=_is_replay(one),
            )
        )


def _is_replay(one: AttemptResult) -> bool:
    """Return whether it is a replay's attempt: its events are old on purpose, not late."""
    return one.previous is not None and one.previous.reason == REPLAYED


def _says_nothing(error: DeliveryError) -> bool:
    """Return whether an attempt was skipped for another one, so that nothing is known of its destination."""
    return isinstance(error, NotTriedError) and error.last is None
