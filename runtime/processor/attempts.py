"""Attempts all of an object's deliveries concurrently, and waits for none longer than the budget allows.

What bounds the work of a process: so many objects are read at once, and so many threads deliver. An object whose
deliveries have stopped moving gives its slot to another, so that a destination that hangs holds up nobody else.
"""

import copy
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import replace
from typing import Final

from runtime import scheduling
from runtime.deliveries.method import Delivery, DeliveryMethod
from runtime.delivery_config.facts import Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import (
    BlockedByCustomerError,
    DeliveryError,
    FailedCall,
    Hop,
    OutOfTimeError,
    RetryableError,
)
from runtime.logs import without_message
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.shared_read import Subscription
from runtime.processor.attempt_result import AttemptResult, ElsewhereError
from runtime.processor.circuit_breaker import CircuitBreakers
from runtime.processor.delivery_record import Records
from runtime.processor.destination_shares import STALL_SECONDS, DestinationShares, Motion
from runtime.processor.object_reader import ObjectRead, ObjectReader
from runtime.processor.object_slots import Slots, TakenSlots
from runtime.time_budget import TimeBudget

THREADS: Final = 64  # ours: that deliver, in the whole process
OBJECT_THREADS: Final = 32  # ours: of those, for one object; a tenant with more destinations has the rest take turns
OBJECTS_AT_ONCE: Final = 10  # ours: bounds memory, each may hold some batches; as many as a batch of the function has
THREADS_A_SLOT: Final = THREADS // OBJECTS_AT_ONCE
"""An object takes a slot for each so many threads: those that begin together find a thread each, and share its read."""
logger = logging.getLogger("logrouter.attempts")


class Attempts:
    """Runs deliveries, each in a thread of its own. Shared by all threads."""

    def __init__(
        self,
        methods: Mapping[str, DeliveryMethod],
        reader: ObjectReader,
        records: Records,
        breakers: CircuitBreakers | None = None,
        *,
        hands_over: bool = True,
        has_outside: bool = False,
    ) -> None:
        self._has_outside = has_outside
        self._methods = methods
        self._reader = reader
        self._records = records
        self._breakers = breakers or CircuitBreakers(records)
        self._shares = DestinationShares(hands_over=hands_over)
        self._threads = scheduling.thread_pool(THREADS, "delivery")
        self._slots = Slots(OBJECTS_AT_ONCE)

    def run(self, deliveries: Sequence[Delivery], previous: DeliveryMessage | None = None) -> list[AttemptResult]:
        """Attempt deliveries of one object with one budget; return how each went, in their order.

        :param previous: the delivery message that asks for it; a probe is tried even where the circuit is open.
        """
        probe = previous is not None and previous.probe
        started_at = [delivery.progress.reached() for delivery in deliveries]
        refusals = [self._refusal(delivery.config, first=previous is None, probe=probe) for delivery in deliveries]
        tried = iter(self._try([one for one, refusal in zip(deliveries, refusals, strict=True) if refusal is None]))
        return [
            AttemptResult(
                delivery.object,
                delivery.config.type,
                copy.deepcopy(delivery.progress),  # a thread that hangs may still move what it holds
                next(tried) if refusal is None else refusal,
                previous,
                start,
            )
            for delivery, refusal, start in zip(deliveries, refusals, started_at, strict=True)
        ]

    def close(self) -> None:
        """Have each method release what it holds. Nothing is delivered afterwards."""
        for name, method in self._methods.items():
            try:
                method.close()
            except Exception as error:  # noqa: BLE001 - a bug in one method must not keep the others open
                logger.warning("a method can't be closed", extra={"method": name, **without_message(error)})

    def _refusal(self, config: DeliveryConfig, *, first: bool, probe: bool) -> DeliveryError | None:
        if config.method not in self._methods:
            return ElsewhereError(config.method) if self._delivers_outside(config) else _not_here(config)
        if config.transform is not None and not getattr(self._methods[config.method], "runs_programs", False):
            return _runs_no_programs(config)
        busy = self._shares.refuses(config, first=first)
        return busy or (None if probe else self._breakers.refuses(config, first=first))

    def _delivers_outside(self, config: DeliveryConfig) -> bool:
        return self._has_outside and config.facts.placement is Placement.OUTSIDE

    def _try(self, deliveries: Sequence[Delivery]) -> list[DeliveryError | None]:
        if not deliveries:
            return []
        errors: list[DeliveryError | None] = [_not_begun() for _ in deliveries]
        try:
            errors = self._side_by_side(deliveries)
        finally:  # also of what was let through as a probe: nothing else would let the next one through
            for delivery, error in zip(deliveries, errors, strict=True):
                self._breakers.ended(delivery.config, error)
        return errors

    def _side_by_side(self, deliveries: Sequence[Delivery]) -> list[DeliveryError | None]:
        first = deliveries[0]
        wanted = -(-min(len(deliveries), OBJECT_THREADS) // THREADS_A_SLOT)
        slots = self._slots.take(wanted, first.budget.remaining())
        if slots is None:
            return [_not_begun() for _ in deliveries]
        try:
            read = self._reader.open(first.object, first.budget)
            running = self._begin(deliveries[:OBJECT_THREADS], read)
            self._wait(running, deliveries, slots)
            errors = [each.end() for each in running]
            self._records.read(first.object, read.stats())
        finally:
            slots.give_up()
        return errors + [_not_begun() for _ in deliveries[len(errors) :]]

    def _begin(self, deliveries: Sequence[Delivery], read: ObjectRead) -> "list[_Running]":
        """Begin deliveries that share a read: all subscribe before the first one reads."""
        sources = [read.shared.subscribe() if self._reads_events(one) else None for one in deliveries]
        return [
            _Running(self._threads.submit(copy_context().run, self._attempt, delivery, source), delivery, source)
            for delivery, source in zip(deliveries, sources, strict=True)
        ]

    def _reads_events(self, delivery: Delivery) -> bool:
        facts = self._methods[delivery.config.method].config_model.facts
        return facts.reads_events or delivery.config.transform is not None

    def _wait(self, running: "list[_Running]", deliveries: Sequence[Delivery], slots: TakenSlots) -> None:
        """Wait for all, but no longer than the budget and half of what is kept for settling.

        The rest of a wide object's deliveries begin in groups that share a read: when half of the threads are free, or
        nothing moves.
        """
        budget = deliveries[0].budget
        pending = {each.future for each in running}
        while pending:
            left = _seconds_left(budget)
            if left <= 0:
                return
            done, pending = scheduling.wait(pending, min(left, STALL_SECONDS), FIRST_COMPLETED)
            still = [each for each in running if not each.future.done() and not each.motion.moved()]
            stands_still = not done and len(still) == len(pending)
            if stands_still:
                slots.give_up()
            following = deliveries[len(running) :][: OBJECT_THREADS - len(pending)]
            rest = len(deliveries) - len(running)
            if following and budget.allows(0.0) and (stands_still or len(following) >= min(rest, OBJECT_THREADS // 2)):
                running += (begun := self._begin(following, self._reader.open(deliveries[0].object, budget)))
                pending |= {each.future for each in begun}

    def _attempt(self, delivery: Delivery, source: Subscription | None) -> DeliveryError | None:
        try:
            with source or nullcontext(), self._shares.part(delivery, source):
                self._methods[delivery.config.method].deliver(delivery, source)
        except DeliveryError as error:
            return _of_destination(error)
        except Exception as error:  # noqa: BLE001 - a bug in one method must not cost a line of the log
            logger.error(  # noqa: TRY400 - the exception's message might quote content
                "a delivery failed unexpectedly",
                extra={"type": delivery.config.type, **without_message(error)},
            )
            what = f"delivery method {delivery.config.method!r}: {type(error).__name__}"
            return _of_destination(RetryableError("unexpected", what))
        return None


class _Running:
    """One delivery that was begun."""

    def __init__(self, future: Future[DeliveryError | None], delivery: Delivery, source: Subscription | None) -> None:
        self.future = future
        self.motion = Motion(delivery, source)
        self._source = source

    def end(self) -> DeliveryError | None:
        """Return how it ended; one that hasn't is waited for no longer, and left behind."""
        if self.future.cancel() or self.future.cancelled():
            if self._source is not None:
                self._source.close()
            return _not_begun()
        if self.future.done():
            return self.future.result()
        error = RetryableError("hung", "a call did not end within the time budget")
        # A thread that waits for the object isn't delayed by its destination.
        reading = self._source is not None and self._source.waiting
        error.call = FailedCall(Hop.SOURCE.name if reading else Hop.DESTINATION.name)
        return error


def _of_destination(error: DeliveryError) -> DeliveryError:
    """Return a method's error: its destination's, where it doesn't name another hop."""
    if not error.call.hop:
        error.call = replace(error.call, hop=Hop.DESTINATION.name)
    return error


def _not_here(config: DeliveryConfig) -> BlockedByCustomerError:
    """Return why a delivery waits: its method is installed, and no processor of its placement is set up."""
    return BlockedByCustomerError(
        "method-not-here", f"delivery method {config.method!r} delivers {config.facts.placement}, where no processor is"
    )


def _runs_no_programs(config: DeliveryConfig) -> BlockedByCustomerError:
    """Return why a delivery waits: it would be delivered without its program."""
    return BlockedByCustomerError("program-not-supported", f"delivery method {config.method!r} runs no programs")


def _not_begun() -> OutOfTimeError:
    return OutOfTimeError("out-of-time", "it was not begun within the time budget")


def _seconds_left(budget: TimeBudget) -> float:
    return budget.remaining() + budget.settle_seconds / 2 - budget.overrun()
