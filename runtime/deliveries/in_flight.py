"""Several batches of one delivery on their way at once, settled in the plan's order.

What is acknowledged is known exactly: batches are settled in order, and where one has failed for good, those behind it
that arrived all the same (at most ``limit`` - 1) are settled at the end, so that the next attempt sends only the gap.
Calls may overtake one another. Where the destination orders events by time, those of one time would change places, so a
batch waits for those before it with which it shares a time.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cached_property
from threading import BoundedSemaphore
from types import TracebackType
from typing import NamedTuple, Self

from runtime import scheduling
from runtime.errors import RefusedError
from runtime.objects.batches import Batch

SUPERSEDED = "superseded"


class Times:
    """The times of a batch, which is in chronological order; a set of them is made when it is first needed."""

    def __init__(self, batch: Batch) -> None:
        self._times = batch.timestamps

    @cached_property
    def _set(self) -> frozenset[int]:
        return frozenset(self._times)

    def has_one_of(self, batch: Batch) -> bool:
        """Whether the other batch has an event of the same millisecond as one of these."""
        theirs = batch.timestamps
        if self._times[0] > theirs[-1] or theirs[0] > self._times[-1]:
            return False
        return not self._set.isdisjoint(theirs)


class _Call[Sent](NamedTuple):
    times: Times
    future: Future[Sent]

    def comes_before(self, batch: Batch) -> bool:
        """Whether it is under way and shares a time with the batch."""
        return not self.future.done() and self.times.has_one_of(batch)


class CallsInFlight[Sent]:
    """A context manager for one delivery; used by one thread, sends in up to ``limit`` of its own.

    :param send: sends one batch, with its retries; calls ``check`` before each attempt.
    :param settle: called in the delivery's own thread with each result of ``send``: in order, then those behind a gap.
    :param places: for calls beside a delivery's first, shared by all deliveries: each call holds a batch and its body.
    :param keeps_times: events of one time are sent one after another.
    """

    def __init__(
        self,
        send: Callable[[Batch], Sent],
        settle: Callable[[Sent], None],
        *,
        limit: int,
        places: BoundedSemaphore,
        keeps_times: bool = True,
    ) -> None:
        self._send = send
        self._settle = settle
        self._limit = limit
        self._places = places
        self._keeps_times = keeps_times
        self._calls: deque[_Call[Sent]] = deque()
        self._threads: ThreadPoolExecutor | None = None
        self._begun = False
        self._broken = False  # a batch wasn't settled: there is a gap
        self._lock = scheduling.lock()
        self._first_failed = math.inf  # the lowest index of a batch that failed for good

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for every call; a batch that failed outweighs the end of the object, which is no reason to drop it."""
        try:
            while self._calls and not self._broken:
                self._settle_first()
        finally:
            if self._threads is not None:
                self._threads.shutdown(cancel_futures=True)
            for _ in self._calls:
                self._places.release()
            for call in self._calls:
                if not call.future.cancelled() and call.future.exception() is None:
                    self._settle(call.future.result())

    def check(self, batch: Batch) -> None:
        """Return whether a batch may still be attempted.

        :raises RefusedError: one before it has failed for good; the next attempt sends both.
        """
        if batch.index > self._first_failed:
            raise RefusedError(SUPERSEDED, "an earlier batch of the delivery failed")

    def add(self, batch: Batch) -> None:
        """Send a batch, now or in the background.

        The first one is waited for: it finds out whether the role, the group and the stream are there, once.

        :raises runtime.errors.DeliveryError: what an earlier batch, or this one, failed with.
        """
        while self._calls and (self._calls[0].future.done() or len(self._calls) >= self._limit):
            self._settle_first()
        while self._begun and self._limit > 1:
            if self._places.acquire(blocking=False):
                self._submit(batch)
                return
            if not self._calls:
                break
            self._settle_first()
        with self._breaking():
            self._settle(self._send(batch))
        self._begun = True

    def _submit(self, batch: Batch) -> None:
        if self._threads is None:
            self._threads = scheduling.thread_pool(self._limit, "call")
        earlier = [call.future for call in self._calls if self._keeps_times and call.comes_before(batch)]
        future = self._threads.submit(copy_context().run, self._send_after, earlier, batch)
        self._calls.append(_Call(Times(batch), future))

    def _send_after(self, earlier: Sequence[Future[Sent]], batch: Batch) -> Sent:
        try:
            for future in earlier:  # begun before this one, by threads of their own: no wait for each other
                future.result()
            return self._send(batch)
        except BaseException:
            with self._lock:
                self._first_failed = min(self._first_failed, batch.index)
            raise

    def _settle_first(self) -> None:
        with self._breaking():
            self._settle(self._calls[0].future.result())
            self._calls.popleft()
            self._places.release()

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._broken = True
            raise
