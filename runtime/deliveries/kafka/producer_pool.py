"""The producers of a process: each used by one delivery at a time, kept for the next one, few in all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runtime import scheduling
from runtime.deliveries.kafka.producer import KafkaProducer
from runtime.errors import FailedCall, Hop, RetryableError

MAX_PRODUCERS: Final = 32
"""Ours. Each holds three threads, five descriptors and a MiB, as measured; a function has 1,024 threads and as many
descriptors (Lambda quotas)."""
MAX_IDLE_SECONDS: Final = 30.0
"""As long as a record may wait (``MESSAGE_TIMEOUT_SECONDS``). A function is frozen between messages: connections that
were left alone for longer may be dead without knowing."""


@dataclass(frozen=True, slots=True)
class _Idle:
    key: str
    producer: KafkaProducer
    since: float


class ProducerPool:
    """Shared by all threads.

    :param capacity: producers, in use and idle. :param now: epoch seconds: a clock that goes on in a frozen process.
    """

    def __init__(self, capacity: int = MAX_PRODUCERS, now: Callable[[], float] = scheduling.now) -> None:
        self._capacity = capacity
        self._now = now
        self._idle: list[_Idle] = []  # the one that was left alone for longest first
        self._in_use = 0
        self._lock = scheduling.lock()

    def take(self, key: str, make: Callable[[], KafkaProducer]) -> KafkaProducer:
        """Return an idle producer of the same settings, or a new one; another idle one makes room for it.

        :raises RetryableError: ``clients-busy``: as many as there may be are in use.
        """
        with self._lock:
            gone = self._take_expired()
            found = next((one for one in reversed(self._idle) if one.key == key), None)
            if found is not None:
                self._idle.remove(found)
            elif self._in_use + len(self._idle) >= self._capacity and self._idle:
                gone.append(self._idle.pop(0))
            busy = self._in_use >= self._capacity
            self._in_use += not busy
        for one in gone:
            one.producer.close()
        if busy:
            error = RetryableError("clients-busy", f"{self._capacity} Kafka producers are in use in this process")
            error.call = FailedCall(Hop.EXECUTION.name)  # ours: it doesn't count against the destination
            raise error
        if found is not None:
            return found.producer
        try:
            return make()
        except BaseException:
            self._leave()
            raise

    def give_back(self, key: str, producer: KafkaProducer) -> None:
        """Keep a producer for the next delivery, or throw it away where it isn't good for one."""
        if producer.usable:
            with self._lock:
                self._idle.append(_Idle(key, producer, self._now()))
        else:
            producer.close()
        self._leave()

    def close(self) -> None:
        """Throw the idle ones away."""
        with self._lock:
            gone, self._idle = self._idle, []
        for one in gone:
            one.producer.close()

    def _take_expired(self) -> list[_Idle]:
        oldest = self._now() - MAX_IDLE_SECONDS
        gone = [one for one in self._idle if one.since < oldest]
        self._idle = [one for one in self._idle if one.since >= oldest]
        return gone

    def _leave(self) -> None:
        with self._lock:
            self._in_use -= 1
