"""The addresses of customers' hosts: resolved once, checked, remembered for a short while, never waited for long."""

from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.bounded_map import BoundedMap
from runtime.endpoints.egress import RESOLVER_UNAVAILABLE, EgressPolicy, Resolver
from runtime.errors import RetryableError

if TYPE_CHECKING:
    from concurrent.futures import Future

KEPT_SECONDS = 30.0  # ours: a host that moves is followed within that time; the addresses kept have been checked
HOSTS = 4_096
RESOLVING = 8  # names that are asked for concurrently: one whose servers don't answer holds a thread for some 10 s

type _Host = tuple[str, int]


class AddressBook:
    """Shared by all threads; those that want the same host share one question.

    :param resolver: gives a host's addresses; ``None``: the machine's own.
    """

    def __init__(self, policy: EgressPolicy, resolver: Resolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver
        self._kept: BoundedMap[_Host, tuple[list[str], float]] = BoundedMap(HOSTS)
        self._asked: dict[_Host, Future[list[str]]] = {}
        self._failures: BoundedMap[_Host, int] = BoundedMap(HOSTS)
        self._lock = scheduling.lock()
        self._threads = scheduling.thread_pool(RESOLVING, "resolver")

    def address(self, host: str, port: int, seconds: float) -> str:
        """Return the address to connect to: another one of the host's after each failure.

        :raises RetryableError: ``resolver-unavailable``: no answer within ``seconds``, too.
        :raises BlockedByCustomerError: see ``EgressPolicy.resolve``.
        """
        key = (host, port)
        with self._lock:
            kept = self._kept.get(key)
            failures = self._failures.get(key, 0)
        addresses = kept[0] if kept and kept[1] > scheduling.monotonic() else self._ask(key, seconds)
        return addresses[failures % len(addresses)]

    def note_failure(self, host: str, port: int) -> None:
        """Note that the host's address couldn't be connected to, or didn't answer."""
        with self._lock:
            self._failures[host, port] = self._failures.get((host, port), 0) + 1

    def close(self) -> None:
        """End the threads that resolve; no address is asked for afterwards."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, key: _Host, seconds: float) -> list[str]:
        with self._lock:
            asked = self._asked.get(key)
            if asked is None:
                asked = self._asked[key] = self._threads.submit(self._load, key)
        done, _ = scheduling.wait([asked], seconds)
        if not done:
            raise RetryableError(RESOLVER_UNAVAILABLE, f"{key[0]} wasn't resolved in {seconds:.0f} s")
        return asked.result()

    def _load(self, key: _Host) -> list[str]:
        try:
            found = self._policy.resolve(*key, resolver=self._resolver)
            with self._lock:
                self._kept[key] = (found, scheduling.monotonic() + KEPT_SECONDS)
            return found
        finally:
            with self._lock:
                del self._asked[key]
