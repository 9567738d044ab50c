"""Attempts all of an object's deliveries side by side, and waits for none of them longer than the budget allows."""

import copy
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context

from runtime import scheduling
from runtime.deliveries.method import Delivery, DeliveryMethod
from runtime.errors import DeliveryError, OutOfTimeError, RetryableError
from runtime.logs import without_message
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.shared_read import Subscription
from runtime.processor.attempt_result import AttemptResult
from runtime.processor.circuit_breaker import CircuitBreakers
from runtime.processor.delivery_record import Records
from runtime.processor.object_reader import ObjectReader
from runtime.time_budget import TimeBudget

MAX_SIDE_BY_SIDE = 64  # deliveries of one object; more take turns
WATCH_SECONDS = 1.0  # how often it is looked whether the host was told to stop
logger = logging.getLogger("logrouter.attempts")


class Attempts:
    """Runs deliveries, each in a thread of its own. Shared by all threads."""

    def __init__(
        self,
        methods: Mapping[str, DeliveryMethod],
        reader: ObjectReader,
        records: Records,
        breakers: CircuitBreakers | None = None,
    ) -> None:
        self._methods = methods
        self._reader = reader
        self._records = records
        self._breakers = breakers or CircuitBreakers(records)
        self._idle: deque[ThreadPoolExecutor] = deque()  # one for each object that was ever worked on at once

    def run(self, deliveries: Sequence[Delivery], previous: DeliveryMessage | None = None) -> list[AttemptResult]:
        """Attempt deliveries of one object with one budget; return how each went, in their order.

        :param previous: the delivery message that asks for it; a probe is tried even where the circuit is open.
        """
        probe = previous is not None and previous.probe
        started_at = [delivery.progress.checkpoint for delivery in deliveries]
        refusals = [None if probe else self._breakers.refuses(delivery.config) for delivery in deliveries]
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

    def _try(self, deliveries: Sequence[Delivery]) -> list[DeliveryError | None]:
        if not deliveries:
            return []
        first = deliveries[0]
        read = self._reader.open(first.object, first.budget)
        sources = [
            read.shared.subscribe() if self._methods[one.config.method].reads_events else None for one in deliveries
        ]
        threads = self._threads()
        futures = [
            threads.submit(copy_context().run, self._attempt, delivery, source)
            for delivery, source in zip(deliveries, sources, strict=True)
        ]
        _wait(futures, first.budget)
        self._give_back(threads, futures)
        errors = [_ended(future, source) for future, source in zip(futures, sources, strict=True)]
        for delivery, error in zip(deliveries, errors, strict=True):
            self._breakers.ended(delivery.config, error)
        self._records.read(first.object, read.stats())
        return errors

    def _threads(self) -> ThreadPoolExecutor:
        """Give threads that are idle: starting one for every small object would cost as much as sending it."""
        try:
            return self._idle.pop()
        except IndexError:
            return scheduling.thread_pool(MAX_SIDE_BY_SIDE, "delivery")

    def _give_back(self, threads: ThreadPoolExecutor, futures: Sequence[Future[DeliveryError | None]]) -> None:
        if all(future.done() for future in futures):
            self._idle.append(threads)
        else:  # not waited for: one hangs in a call, and no later object shall stand behind it
            threads.shutdown(wait=False, cancel_futures=True)

    def _attempt(self, delivery: Delivery, source: Subscription | None) -> DeliveryError | None:
        try:
            with source or nullcontext():
                self._methods[delivery.config.method].deliver(delivery, source)
        except DeliveryError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a bug in one method must not cost a line of the log
            logger.error(  # noqa: TRY400 - the exception's message might quote content
                "a delivery failed in an unforeseen way",
                extra={"type": delivery.config.type, **without_message(error)},
            )
            return RetryableError("unexpected", f"delivery method {delivery.config.method!r}: {type(error).__name__}")
        return None


def _wait(futures: Sequence[Future[DeliveryError | None]], budget: TimeBudget) -> None:
    """Wait for all, but no longer than the budget and half of what is kept for settling."""
    pending = set(futures)
    while pending:
        left = budget.remaining() + budget.settle_seconds / 2 - budget.overrun()
        if left <= 0:
            return
        _, pending = scheduling.wait(pending, timeout=min(left, WATCH_SECONDS))


def _ended(future: Future[DeliveryError | None], source: Subscription | None) -> DeliveryError | None:
    if future.cancelled():
        if source is not None:
            source.close()
        return OutOfTimeError("out-of-time", "it was not begun within the time budget")
    if not future.done():
        return RetryableError("hung", "a call did not end within the time budget")
    return future.result()
