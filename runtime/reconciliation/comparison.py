"""Compares the bucket's objects of some hours with those of the records: by tallies, then by key."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_state.replay_selection import object_time
from runtime.objects.hours import folders, objects_between
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.objects.versions import ListedObject
from runtime.processor.delivery_record import NOTIFIED
from runtime.reconciliation.tally import HOUR_SECONDS, Tally, hour_of
from runtime.record_log.lines import RecordLog
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIDE_BY_SIDE: Final = 8  # tenants listed at once
SKEW_SECONDS: Final = 600  # ours: an agent's clock may be ahead of the log's
LATELY_SECONDS: Final = 900
LATELY_KEPT: Final = 10_000
LAST_SECONDS: Final = 20.0


class BudgetSpentError(Exception):
    """The time budget ended: nothing is known of these hours."""


@dataclass(slots=True)
class Notified:
    """What the records name. ``lags``: seconds from an object's time to its record, of the last minutes."""

    tally: Tally = field(default_factory=Tally)
    records: int = 0
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=LATELY_KEPT))

    @property
    def lag(self) -> float | None:
        """How old objects are when the processor reads them; ``None`` if it has read none lately."""
        return median(self.lags) if self.lags else None


@dataclass(frozen=True, slots=True)
class Difference:
    """What was found.

    :param compared: objects of these hours in the bucket. :param missed: those that no record names, and that are
        old enough. :param notified: what the records say.
    """

    compared: int
    missed: tuple[StoredObject, ...]
    notified: Notified


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reads the bucket's listing and the records; what the clients raise is raised."""

    clients: AwsClients
    bucket: str
    records: RecordLog

    def difference(
        self, begin: float, end: float, *, now: float, written_before: float, budget: TimeBudget
    ) -> Difference:
        """Compare the objects whose name's time is in [begin, end). Times are epoch seconds.

        :param written_before: an object that was written later may still be on its way: it never counts as missed.
        :raises BudgetSpentError: there was no time for all of it.
        """
        notified = self._notified(begin, end, now, budget)
        held = self._held(begin, end, budget)
        missed: list[StoredObject] = []
        for tenant_id, hours in held.unlike(notified.tally).items():
            missed += self._missed(tenant_id, hours, (now, written_before), budget)
        return Difference(held.total(), tuple(missed), notified)

    def _notified(self, begin: float, end: float, now: float, budget: TimeBudget) -> Notified:
        notified = Notified()
        for line in self.records.lines(begin - SKEW_SECONDS, now, **NOTIFIED):
            _require_time(budget)
            notified.records += 1
            key = _parsed(line.text("object"))
            at = object_time(key, 0.0) if key else 0.0
            if key and begin <= at < end:
                notified.tally.add(key, at, line.text("version"))
            if key and at and line.at > now - LATELY_SECONDS:
                notified.lags.append(line.at - at)
        return notified

    def _held(self, begin: float, end: float, budget: TimeBudget) -> Tally:
        def of_tenant(folder: str) -> Tally:
            tally = Tally()
            for key, listed in self._objects(folder, begin, end, budget):
                tally.add(key, object_time(key, 0.0), listed.version_id or "")
            return tally

        with scheduling.thread_pool(SIDE_BY_SIDE, "listing") as pool:
            tallies = list(pool.map(of_tenant, folders(self._s3, self.bucket, "tenant_id=")))
        return Tally({cell: counted for tally in tallies for cell, counted in tally.cells.items()})

    def _missed(
        self, tenant_id: str, hours: set[int], times: tuple[float, float], budget: TimeBudget
    ) -> Iterator[StoredObject]:
        """Compare one tenant's hours by key: the only place where keys are kept."""
        now, written_before = times
        begin, end = min(hours) * HOUR_SECONDS, (max(hours) + 1) * HOUR_SECONDS
        known: set[tuple[str, str]] = set()
        for line in self.records.lines(begin - SKEW_SECONDS, now, tenant_id=tenant_id, **NOTIFIED):
            _require_time(budget)
            known.add((line.text("object"), line.text("version")))
        for key, listed in self._objects(f"tenant_id={tenant_id}/", begin, end, budget):
            old_enough = listed.written_at < written_before
            names = {
                (key.key, version) for version in ("", *listed.versions)
            }  # without one: an earlier version's record
            if old_enough and hour_of(object_time(key, 0.0)) in hours and not names & known:
                yield StoredObject(self.bucket, key, listed.etag, listed.version_id, listed.size)

    def _objects(
        self, prefix: str, begin: float, end: float, budget: TimeBudget
    ) -> Iterator[tuple[ObjectKey, ListedObject]]:
        for listed in objects_between(self._s3, self.bucket, prefix, begin, end):
            _require_time(budget)
            key = _parsed(listed.key)
            if key:
                yield key, listed

    @property
    def _s3(self) -> "S3Client":
        return self.clients.client("s3")


def _parsed(key: object) -> ObjectKey | None:
    """Take a key apart; ``None`` for what the processor refuses, too."""
    try:
        return ObjectKey.parse(str(key))
    except MalformedKeyError:
        return None


def _require_time(budget: TimeBudget) -> None:
    if not budget.allows(LAST_SECONDS):
        raise BudgetSpentError
