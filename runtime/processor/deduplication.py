"""A short memory of what was settled: SQS may deliver a message twice, and a host may see it again at once.

It lives in the process and is bounded in time and size: it makes duplicates rarer, nothing depends on it.
"""

from collections.abc import Callable, Hashable

from runtime import scheduling
from runtime.bounded_map import BoundedMap

SECONDS = 900.0  # ours: longer than a message stays hidden at work in the poller, and than SQS's own repetitions take
CAPACITY = 20_000  # some 200 bytes each


class DeduplicationCache:
    """Remembers what was settled, by its identity. Shared by all threads. ``clock``: seconds, monotonic."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = scheduling.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = scheduling.lock()
        self._settled: BoundedMap[Hashable, float] = BoundedMap(CAPACITY)

    def add(self, identity: Hashable) -> None:
        """Remember one."""
        now = self._clock()
        with self._lock:
            self._settled[identity] = now + self._seconds
            while next(iter(self._settled.values())) <= now:
                self._settled.popitem(last=False)

    def __contains__(self, identity: Hashable) -> bool:
        with self._lock:
            return self._settled.get(identity, 0.0) > self._clock()
