"""Keeps each destination's status up to date, without a call for every object.

A destination that works costs one write in each interval (and process); one that fails, or has just recovered, is
noted at once. A status that can't be written is only logged: the delivery itself is settled, or is not, without it.
"""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from runtime import scheduling
from runtime.bounded_map import BoundedMap
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.errors import DeliveryError, NotTriedError, OutOfTimeError

CAPACITY: Final = 4096
FAILURE_INTERVAL_SECONDS: Final = 10.0  # ours: the same failure again says nothing new sooner
HEALTHY: Final = ""
logger = logging.getLogger("logrouter.status")


class StatusWriter:
    """Shared by all threads.

    :param interval_seconds: between two notes of a destination that works. :param clock: seconds, monotonic.
    """

    def __init__(
        self,
        statuses: DestinationStatuses,
        interval_seconds: float,
        clock: Callable[[], float] = scheduling.monotonic,
    ) -> None:
        self._statuses = statuses
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._lock = scheduling.lock()
        self._counted: BoundedMap[tuple[str, str], Counter[str]] = BoundedMap(CAPACITY)
        self._noted: BoundedMap[tuple[str, str], tuple[str, float]] = BoundedMap(CAPACITY)

    def delivered(
        self,
        tenant_id: str,
        type_: str,
        lag_seconds: float | None,
        *,
        recovered: bool,
        created_log_group: bool = False,
        program: Counter[str] | None = None,
    ) -> None:
        """Note a success.

        :param program: what the delivery's program counted, where there is one; added up until there is a note.
        :param recovered: it wasn't the delivery's first attempt, and someone may wait for the news.
        :param created_log_group: the destination's log group was missing, and the delivery created it.
        """
        at_once, key = recovered or created_log_group, (tenant_id, type_)
        if program:
            with self._lock:
                self._counted[key] = self._counted.get(key, Counter()) + program
        if self._is_news(tenant_id, type_, HEALTHY, 0.0 if at_once else self._interval_seconds):
            with self._lock:
                counted = self._counted.pop(key, None)
            self._write(
                lambda: self._statuses.succeeded(
                    tenant_id, type_, lag_seconds, created_log_group=created_log_group, program=counted
                )
            )

    def failed(self, tenant_id: str, type_: str, error: DeliveryError, *, probed: bool) -> None:
        """Note a failure of the destination; what wasn't tried, or had no time, is none."""
        if isinstance(error, OutOfTimeError | NotTriedError):
            return
        if self._is_news(tenant_id, type_, error.reason, 0.0 if probed else FAILURE_INTERVAL_SECONDS):
            self._write(lambda: self._statuses.failed(tenant_id, type_, error))

    def _is_news(self, tenant_id: str, type_: str, state: str, interval: float) -> bool:
        now, key = self._clock(), (tenant_id, type_)
        with self._lock:
            noted, at = self._noted.get(key, (None, 0.0))
            if noted == state and now - at < interval:
                return False
            self._noted[key] = (state, now)
        return True

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except Exception as error:  # noqa: BLE001 - see the module
            logger.warning("a destination's status can't be written", extra={"error": type(error).__name__})
