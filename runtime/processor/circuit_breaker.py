"""A circuit breaker for each destination: one that fails and fails isn't tried with every object.

After some failures in a row, or one call without an answer, the circuit is open: deliveries are handed over without an
attempt. When its pause is over, one delivery is let through as a probe; the others wait for how that ends. It lives in
the process: another finds out by itself. A changed delivery config is another destination, and begins closed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runtime import scheduling
from runtime.backoff import Backoff
from runtime.bounded_map import BoundedMap
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import (
    TIMEOUT,
    BlockedByCustomerError,
    DeliveryError,
    Hop,
    NotTriedError,
    OutOfTimeError,
    RetryableError,
)
from runtime.processor.delivery_record import Records

FAILURES_IN_A_ROW = 5
PAUSES: Final = Backoff(5.0, 60.0)
"""Seconds until the next probe, doubling with each that fails; without jitter, as one process sends one at a time."""
PROBE_SECONDS: Final = 900.0
"""Ours: longer than any budget; an attempt of which nothing is heard by then was lost with its thread."""
FIRST_ATTEMPTS_WAIT_SECONDS: Final = 60.0
"""Ours: after a pause, the time for a waiting delivery to be the probe; then a first attempt may be."""
CAPACITY = 4096  # destinations that fail at the same time
_BEYOND_US = frozenset({Hop.CUSTOMER.name, Hop.DESTINATION.name})
_NO_ANSWER = frozenset({"hung", TIMEOUT})
"""One of these opens the circuit: each further attempt would hold its thread as long, others hang there already."""


class CircuitOpenError(NotTriedError):
    """Not tried: the destination has just failed several times in a row, or hung. ``last`` is how."""

    def __init__(self, last: DeliveryError) -> None:
        super().__init__("circuit-open", f"not tried, its destination fails: {last.detail or last.reason}")
        self.last = last
        self.call = last.call


@dataclass(slots=True)
class _Circuit:
    config: DeliveryConfig
    failures: int = 0
    pauses: int = 0
    closed_until_probe: float | None = None  # monotonic seconds; None: the circuit is closed
    probing_until: float = 0.0  # monotonic seconds: the deadline of a probe's answer
    last: DeliveryError | None = None


class CircuitBreakers:
    """The circuits of the destinations that have failed lately. Shared by all threads.

    :param failures: in a row, which open a circuit. :param clock: seconds, monotonic.
    """

    def __init__(
        self, records: Records, *, failures: int = FAILURES_IN_A_ROW, clock: Callable[[], float] = scheduling.monotonic
    ) -> None:
        self._records = records
        self._failures = failures
        self._clock = clock
        self._lock = scheduling.lock()
        self._circuits: BoundedMap[tuple[str, str], _Circuit] = BoundedMap(CAPACITY)

    def refuses(self, config: DeliveryConfig, *, first: bool = False) -> CircuitOpenError | None:
        """Return why a delivery isn't to be tried, or ``None``. Of one that is let through, ``ended`` hears afterwards.

        :param first: it is a delivery's first attempt. The probe is rather one that has waited: the messages of an
            object's batch would wait for a probe that hangs.
        """
        with self._lock:
            circuit = self._circuits.get((config.tenant_id, config.type))
            if circuit is None or circuit.config != config or circuit.closed_until_probe is None:
                return None
            now, due = self._clock(), circuit.closed_until_probe + (FIRST_ATTEMPTS_WAIT_SECONDS if first else 0.0)
            if circuit.last and (now < circuit.probing_until or now < due):
                return CircuitOpenError(circuit.last)
            circuit.probing_until = now + PROBE_SECONDS
            return None

    def ended(self, config: DeliveryConfig, error: DeliveryError | None) -> None:
        """Take note of how an attempt ended."""
        key = (config.tenant_id, config.type)
        with self._lock:
            circuit = self._circuits.get(key)
            if error is None:
                self._circuits.pop(key, None)
                opened = False
                changed = circuit is not None and circuit.closed_until_probe is not None
            elif not _is_the_destinations(error):
                if circuit is not None:
                    circuit.probing_until = 0.0  # it showed nothing: the next one is the probe
                return
            else:
                if circuit is None or circuit.config != config:
                    circuit = _Circuit(config)
                opened = self._failed(circuit, error)
                changed = opened and circuit.pauses == 1
                self._circuits[key] = circuit
            now_open = sum(each.closed_until_probe is not None for each in self._circuits.values())
        if changed:
            self._records.circuit(*key, is_open=opened, open_circuits=now_open)

    def _failed(self, circuit: _Circuit, error: DeliveryError) -> bool:
        """Count a failure; whether the circuit is open (again, or for longer) because of it."""
        circuit.failures += self._failures if error.reason in _NO_ANSWER else 1
        circuit.last = error
        circuit.probing_until = 0.0
        if circuit.failures < self._failures:
            return False
        circuit.pauses += 1
        circuit.closed_until_probe = self._clock() + max(PAUSES.bound(circuit.pauses), error.retry_after or 0.0)
        return True


def _is_the_destinations(error: DeliveryError) -> bool:
    """Whether the destination, or the way to it, is at fault: not the source, not our own roles, not our time."""
    if isinstance(error, OutOfTimeError) or not isinstance(error, RetryableError | BlockedByCustomerError):
        return False
    return error.call.hop in _BEYOND_US or isinstance(error, BlockedByCustomerError)
