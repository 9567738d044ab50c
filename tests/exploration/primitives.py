"""Locks, conditions, threads, futures and pools whose waiting is a simulation's: what `runtime.scheduling` gives."""

from concurrent.futures import Future


class KilledError(BaseException):
    """The task's process was killed."""


class Lock:
    def __init__(self, simulation):
        self._simulation = simulation
        self._held = False

    def acquire(self, blocking=True, timeout=-1):
        if self._held and blocking:
            self._simulation.block(lambda: not self._held, None if timeout < 0 else timeout)
        taken = not self._held
        self._held = True
        return taken

    def release(self):
        self._held = False

    def __enter__(self):
        self.acquire()

    def __exit__(self, *_):
        self.release()


class Condition:
    def __init__(self, simulation):
        self._simulation = simulation
        self._owner = None
        self._depth = 0
        self._notified = 0

    def __enter__(self):
        task = self._simulation.current
        if self._owner not in (None, task):
            self._simulation.block(lambda: self._owner is None)
        self._owner, self._depth = task, self._depth + 1

    def __exit__(self, *_):
        if self._owner is not self._simulation.current:
            return  # killed while it waited to come in again
        self._depth -= 1
        if not self._depth:
            self._owner = None

    def wait(self, timeout=None):
        task, depth, seen = self._owner, self._depth, self._notified
        self._owner, self._depth = None, 0
        notified = self._simulation.block(lambda: self._notified != seen, timeout)
        if self._owner is not None:
            self._simulation.block(lambda: self._owner is None)
        self._owner, self._depth = task, depth
        return notified

    def notify_all(self):
        self._notified += 1


class Event:
    def __init__(self, simulation):
        self._simulation = simulation
        self._set = False

    def set(self):
        self._set = True

    def is_set(self):
        return self._set

    def wait(self, timeout=None):
        return self._set or self._simulation.block(self.is_set, timeout)


class Semaphore:
    def __init__(self, simulation, value):
        self._simulation = simulation
        self._value = value

    def acquire(self, blocking=True, timeout=None):
        if not self._value and blocking:
            self._simulation.block(lambda: self._value > 0, timeout)
        if not self._value:
            return False
        self._value -= 1
        return True

    def release(self):
        self._value += 1


class Started:
    def __init__(self, simulation, target, name):
        self._simulation = simulation
        self._target = target
        self._name = name
        self._done = False

    def start(self):
        self._simulation.spawn(self._run, self._name)

    def _run(self):
        try:
            self._target()
        finally:
            self._done = True

    def join(self):
        if not self._done:
            self._simulation.block(lambda: self._done)


class SimulatedFuture(Future):
    """A future that is waited for in simulated time; sets of them have an order that doesn't depend on addresses."""

    def __init__(self, simulation):
        super().__init__()
        self._simulation = simulation
        self._number = next(simulation.names)

    def __hash__(self):
        return self._number

    def result(self, timeout=None):
        self._wait(timeout)
        return super().result(0)

    def exception(self, timeout=None):
        self._wait(timeout)
        return super().exception(0)

    def _wait(self, timeout):
        if not self.done() and not self._simulation.block(self.done, timeout):
            raise TimeoutError


class Pool:
    def __init__(self, simulation, threads, name):
        self._simulation = simulation
        self._threads = threads
        self._name = name
        self._running = 0
        self._waiting = []
        self._process = simulation.current.process

    def submit(self, function, /, *arguments, **named):
        future = SimulatedFuture(self._simulation)
        self._waiting.append((future, lambda: function(*arguments, **named)))
        self._begin()
        return future

    def map(self, function, *iterables):
        futures = [self.submit(function, *each) for each in zip(*iterables, strict=True)]
        return (future.result() for future in futures)

    def _begin(self):
        if self._waiting and self._running < self._threads:
            self._running += 1
            self._simulation.spawn(self._work, self._name, self._process)

    def _work(self):
        try:
            while self._waiting:
                future, call = self._waiting.pop(0)
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    result = call()
                except BaseException as error:
                    future.set_exception(error)
                    if isinstance(error, KilledError):
                        raise
                else:
                    future.set_result(result)
        finally:
            self._running -= 1

    def shutdown(self, wait=True, *, cancel_futures=False):
        if cancel_futures:
            waiting, self._waiting = self._waiting, []
            for future, _ in waiting:
                future.cancel()
        if wait and (self._running or self._waiting):
            self._simulation.block(lambda: not self._running and not self._waiting)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
