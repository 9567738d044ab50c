"""A clock that is turned and tasks that take turns: `runtime.scheduling.Scheduler` for exploration.

One task runs at a time. It gives way only where it waits: for a time, a result, a lock that is taken. Which of those
that can go on is next is drawn from the seed; where none can, the clock jumps to the next time that somebody waits for.
A task belongs to a process, and a process can be killed: none of its tasks does anything any more, but unwind.
"""

import contextvars
import random
import threading
from concurrent.futures import ALL_COMPLETED, FIRST_EXCEPTION
from itertools import count

from tests.exploration.primitives import (
    Condition,
    Event,
    KilledError,
    Lock,
    Pool,
    Semaphore,
    SimulatedFuture,
    Started,
)

START = 1_764_000_000.0
"""Epoch seconds at which every schedule begins: an hour of no special meaning."""


TICK_SECONDS = 1e-6
"""The least that a wait takes: less than a float's last digit would let time stand still."""


class StuckError(AssertionError):
    """Every task waits for another."""


class Process:
    """What is killed as a whole. ``stopping``: it was told to end by itself."""

    def __init__(self, name, role=""):
        self.name = name
        self.role = role or name
        self.killed = False
        self.stopping = False


class _Thread(threading.Thread):
    """An operating system's thread that runs one task after another, whenever it is given the baton."""

    def __init__(self, idle):
        super().__init__(daemon=True)
        self.baton = threading.Lock()
        self.baton.acquire()
        self.job = None
        self._idle = idle

    def run(self):
        while True:
            self.baton.acquire()
            following = self.job()
            self._idle.append(self)
            following.release()


class _Task:
    """One task. It can go on once ``until`` holds or ``deadline`` (seconds since the start) has come."""

    __slots__ = ("baton", "deadline", "name", "process", "until")

    def __init__(self, name, process, baton):
        self.name = name
        self.process = process
        self.baton = baton
        self.until = None
        self.deadline = None


class Simulation:
    """Time and tasks of one schedule. The thread that makes it is its first task."""

    idle: list = []  # noqa: RUF012 - threads are shared by all schedules: making one costs more than a switch

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.elapsed = 0.0
        self.switches = 0
        self.names = count()
        self.outside = Process("outside")
        self.current = _Task("driver", self.outside, threading.Lock())
        self.current.baton.acquire()
        self.driver = self.current
        self.tasks = [self.current]
        self.failure = None

    # the clock

    def now(self):
        return START + self.elapsed

    def monotonic(self):
        return self.elapsed

    def sleep(self, seconds):
        self.block(None, max(0.0, seconds))

    # giving way

    def block(self, until, timeout=None):
        """Let others run until this holds (``None``: never) or so many seconds have passed; return whether it holds."""
        task = self.current
        if task.process.killed:
            raise KilledError
        least = TICK_SECONDS if timeout else 0.0
        task.until, task.deadline = until, None if timeout is None else self.elapsed + max(timeout, least)
        self._switch(self._next())
        if self.failure is not None and task is self.driver:
            raise self.failure
        if task.process.killed:
            raise KilledError
        return until is not None and bool(until())

    def _next(self):
        while True:
            now = self.elapsed
            ready = [
                task
                for task in self.tasks
                if (task.deadline is not None and task.deadline <= now)
                or task.process.killed
                or (task.until is not None and task.until())
            ]
            if ready:
                return ready[0] if len(ready) == 1 else self.random.choice(ready)
            times = [task.deadline for task in self.tasks if task.deadline is not None]
            if not times:
                raise StuckError(", ".join(task.name for task in self.tasks))
            self.elapsed = min(times)

    def _switch(self, following):
        task = self.current
        if following is task:
            return
        self.switches += 1
        self.current = following
        following.baton.release()
        task.baton.acquire()

    def spawn(self, target, name, process=None):
        """Begin a task, in this one's process unless another is named."""
        thread = self.idle.pop() if self.idle else _Thread(self.idle)
        if not thread.is_alive():
            thread.start()
        task = _Task(f"{name}-{next(self.names)}", process or self.current.process, thread.baton)
        task.deadline = self.elapsed

        def job():
            try:
                if not task.process.killed:
                    contextvars.Context().run(target)
            except KilledError:
                pass
            except BaseException as error:  # noqa: BLE001 - raised where the schedule is run
                self.failure = self.failure or error
            self.tasks.remove(task)
            try:
                self.current = self._next()
            except StuckError as error:
                self.failure = error
            if self.failure is not None:
                self.current = self.driver
            return self.current.baton

        thread.job = job
        self.tasks.append(task)
        return task

    def end(self):
        """Kill everything, and wait until it has unwound."""
        for task in self.tasks:
            task.process.killed = task.process is not self.outside
        self.outside.killed = True
        self.failure = None
        self.driver.process = Process("end")
        while len(self.tasks) > 1:
            self.driver.until, self.driver.deadline = (lambda: len(self.tasks) == 1), None
            self._switch(next(task for task in self.tasks if task is not self.driver))

    # what the runtime makes

    def lock(self):
        return Lock(self)

    def condition(self):
        return Condition(self)

    def event(self):
        return Event(self)

    def semaphore(self, value):
        return Semaphore(self, value)

    def thread(self, target, name):
        return Started(self, target, name)

    def thread_pool(self, threads, name):
        return Pool(self, threads, name)

    def future(self):
        return SimulatedFuture(self)

    def wait(self, futures, timeout, return_when):
        futures = list(futures)

        def enough():
            done = [one for one in futures if one.done()]
            if return_when == ALL_COMPLETED:
                return len(done) == len(futures)
            if return_when == FIRST_EXCEPTION:
                raise NotImplementedError
            return bool(done) or not futures

        if not enough():
            self.block(enough, timeout)
        return {one for one in futures if one.done()}, {one for one in futures if not one.done()}
