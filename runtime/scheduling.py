"""Time, waiting and threads of the whole runtime, in one place that can be replaced.

In operation these are the standard library's. Exploration (``tests/exploration/``) runs the same code under a simulated
clock, one task at a time: it replaces all of them at once with ``use``. So nothing under ``runtime/`` takes them from
``time``, ``threading`` or ``concurrent.futures`` itself: a wait past this module couldn't be simulated.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from contextlib import contextmanager
from typing import Protocol


class Thread(Protocol):
    """A thread; its creator starts it and waits for it."""

    def start(self) -> None:
        """Start it."""

    def join(self) -> None:
        """Wait until it has ended."""


class Scheduler(Protocol):
    """Provides time and runs threads. Each method implements the function of its name below."""

    def now(self) -> float: ...  # noqa: D102 - see the class
    def monotonic(self) -> float: ...  # noqa: D102 - see the class
    def sleep(self, seconds: float) -> None: ...  # noqa: D102 - see the class
    def lock(self) -> threading.Lock: ...  # noqa: D102 - see the class
    def condition(self) -> threading.Condition: ...  # noqa: D102 - see the class
    def event(self) -> threading.Event: ...  # noqa: D102 - see the class
    def semaphore(self, count: int) -> threading.BoundedSemaphore: ...  # noqa: D102 - see the class
    def thread(self, target: Callable[[], object], name: str) -> Thread: ...  # noqa: D102 - see the class
    def thread_pool(self, threads: int, name: str) -> ThreadPoolExecutor: ...  # noqa: D102 - see the class
    def future[T](self) -> Future[T]: ...  # noqa: D102 - see the class
    def wait[T](  # noqa: D102 - see the class
        self, futures: Collection[Future[T]], timeout: float | None, return_when: str
    ) -> tuple[set[Future[T]], set[Future[T]]]: ...


class OperatingSystem:
    """The real ones; the conformance kit makes pauses of them that take no time."""

    def now(self) -> float:  # noqa: D102 - see the protocol
        return time.time()

    def monotonic(self) -> float:  # noqa: D102 - see the protocol
        return time.monotonic()

    def sleep(self, seconds: float) -> None:  # noqa: D102 - see the protocol
        time.sleep(seconds)

    lock = staticmethod(threading.Lock)
    condition = staticmethod(threading.Condition)
    event = staticmethod(threading.Event)
    semaphore = staticmethod(threading.BoundedSemaphore)

    def future[T](self) -> Future[T]:  # noqa: D102 - see the protocol
        return Future()

    def thread(self, target: Callable[[], object], name: str) -> Thread:  # noqa: D102 - see the protocol
        return threading.Thread(target=target, name=name)

    def thread_pool(self, threads: int, name: str) -> ThreadPoolExecutor:  # noqa: D102 - see the protocol
        return ThreadPoolExecutor(threads, thread_name_prefix=name)

    def wait[T](  # noqa: D102 - see the protocol
        self, futures: Collection[Future[T]], timeout: float | None, return_when: str
    ) -> tuple[set[Future[T]], set[Future[T]]]:
        return wait_for_futures(futures, timeout, return_when)


_scheduler: Scheduler = OperatingSystem()


@contextmanager
def use(scheduler: Scheduler) -> Iterator[None]:
    """Replace time and threads of the whole process inside the block: for exploration alone."""
    global _scheduler  # noqa: PLW0603 - one process has one clock
    before, _scheduler = _scheduler, scheduler
    try:
        yield
    finally:
        _scheduler = before


def now() -> float:
    """Return the time in epoch seconds."""
    return _scheduler.now()


def monotonic() -> float:
    """Return seconds of a clock that never goes back."""
    return _scheduler.monotonic()


def sleep(seconds: float) -> None:
    """Pause this thread."""
    _scheduler.sleep(seconds)


def lock() -> threading.Lock:
    """Return a lock that isn't reentrant."""
    return _scheduler.lock()


def condition() -> threading.Condition:
    """Return a condition with a reentrant lock of its own."""
    return _scheduler.condition()


def event() -> threading.Event:
    """Return an event that isn't set."""
    return _scheduler.event()


def semaphore(count: int) -> threading.BoundedSemaphore:
    """Return a semaphore that ``count`` holders may share."""
    return _scheduler.semaphore(count)


def thread(target: Callable[[], object], name: str) -> Thread:
    """Return a thread that isn't started yet."""
    return _scheduler.thread(target, name)


def thread_pool(threads: int, name: str) -> ThreadPoolExecutor:
    """Return an executor of at most that many threads; ``name`` begins their names."""
    return _scheduler.thread_pool(threads, name)


def future[T]() -> Future[T]:
    """Return a future whose result its maker sets."""
    return _scheduler.future()


def wait[T](
    futures: Collection[Future[T]], timeout: float | None = None, return_when: str = "ALL_COMPLETED"
) -> tuple[set[Future[T]], set[Future[T]]]:
    """Wait for futures as ``concurrent.futures.wait`` does; return those that are done and those that aren't."""
    return _scheduler.wait(futures, timeout, return_when)
