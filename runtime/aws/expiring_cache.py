"""A bounded cache of answers with expiry; concurrent threads share one request for a key."""

from collections.abc import Callable
from concurrent.futures import Future

from runtime import scheduling
from runtime.bounded_map import BoundedMap


class ExpiringCache[K, V]:
    """A least-recently-used cache whose values expire; threads that miss the same key share one call.

    :param capacity: how many values it keeps at most.
    :param clock: seconds, in the unit of the expiry times that ``load`` gives.
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = scheduling.now) -> None:
        self._clock = clock
        self._lock = scheduling.lock()
        self._entries: BoundedMap[K, tuple[V, float]] = BoundedMap(capacity)
        self._flights: dict[K, Future[V]] = {}

    def get(self, key: K, load: Callable[[], tuple[V, float]]) -> V:
        """Return the value, from ``load`` (value, when it expires) if it isn't there.

        What ``load`` raises is raised to everyone who waits for it, and not remembered.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry[1] > self._clock():
                self._entries.move_to_end(key)
                return entry[0]
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = scheduling.future()
        if leads:
            self._load(key, flight, load)
        return flight.result()

    def forget(self, unwanted: Callable[[V], bool]) -> None:
        """Drop every value for which ``unwanted`` is true."""
        with self._lock:
            for key in [key for key, (value, _) in self._entries.items() if unwanted(value)]:
                del self._entries[key]

    def _load(self, key: K, flight: Future[V], load: Callable[[], tuple[V, float]]) -> None:
        try:
            value, expires_at = load()
        except BaseException as error:  # noqa: BLE001 - waiting threads must not wait for ever; raised by result()
            with self._lock:
                del self._flights[key]
            flight.set_exception(error)
            return
        with self._lock:
            del self._flights[key]
            self._entries[key] = (value, expires_at)
        flight.set_result(value)
