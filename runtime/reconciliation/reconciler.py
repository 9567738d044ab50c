"""Hands over objects without a notification: hours that are long past, each compared twice, oldest first.

A notification may get lost (SNS couldn't deliver it, a queue's message was deleted or expired): then nothing in the
processor's path knows of the object. What a record names isn't touched: the processor, its queues and the
parked deliveries see to it.

Never twice: an object must be older than any message of it can be; while the queue is behind that, or the records are
silent, findings are only counted. A handed-over object is claimed first, so that concurrent runs send it once, and
not again before its own record can be there. At least once: a claim expires if its holder dies, so no run counts
its hours as compared before a record names the object or the claim has expired.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.messages.notifications import write_notification
from runtime.metrics import catalogue
from runtime.metrics.lines import MetricLines
from runtime.objects.stored_object import StoredObject
from runtime.rate_limit import RateLimiter
from runtime.reconciliation.comparison import LAST_SECONDS, BudgetSpentError, Comparison, Difference
from runtime.reconciliation.tally import HOUR_SECONDS
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

STEP_HOURS: Final = 6
"""Compared in one go: the listing costs by pods rather than by hours; what a spent budget repeats is so much."""
AGAIN_HOURS: Final = 6
"""An hour is compared again so much later: an agent that retries for long writes an object under an old name."""
_DEPTHS: "Final[tuple[QueueAttributeNameType, ...]]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
MOST_KEYS: Final = 100
CLAIMED: Final = "an object was claimed a short while ago and has no record yet: these hours are compared again"
logger = logging.getLogger("logrouter.reconciler")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds.

    :param older_than: no message that is being worked on can be of an older object: the queue's receives, each as long
        as its visibility timeout, and then some.
    :param look_back: how far the first run looks, and how far a late one goes back at most; less than the log is kept.
    """

    older_than: float = 7_200
    look_back: float = 3 * 86_400
    per_second: float = 50


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a run.

    :param postponed: why nothing was handed over. :param complete: whether all of the hours were compared.
    :param through: up to where, epoch seconds. :param keys: of what was found, the first hundred.
    """

    compared: int = 0
    missed: int = 0
    handed_over: int = 0
    postponed: str = ""
    complete: bool = True
    through: float | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)


class Reconciler:
    """Works on one Region's bucket. ``clock``: epoch seconds."""

    def __init__(
        self,
        clients: AwsClients,
        comparison: Comparison,
        progress: ReconciliationProgress,
        object_queue_url: str,
        *,
        limits: Limits,
        lines: MetricLines,
        limiter: RateLimiter | None = None,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._comparison = comparison
        self._progress = progress
        self._queue_url = object_queue_url
        self._limits = limits
        self._lines = lines
        self._limiter = limiter or RateLimiter(limits.per_second)
        self._clock = clock

    def run(self, budget: TimeBudget) -> Findings:
        """Compare from the end of the last run to the newest hour that is old enough, as far as the time allows."""
        now = self._clock()
        oldest = now - self._limits.look_back
        through = self._progress.through()
        begin = oldest if through is None else max(oldest, through - AGAIN_HOURS * HOUR_SECONDS)
        found = self._compare(_hour(begin), _hour(now - self._limits.older_than), self._limits.older_than, budget)
        if found.through is not None:
            self._progress.save(found.through)
        self._log_result(found, now - (found.through or through or begin))
        return found

    def run_between(self, since: float, until: float, older_than: float, budget: TimeBudget) -> Findings:
        """Compare these hours, also if they were compared before: for manual runs."""
        found = self._compare(_hour(since), until, older_than, budget)
        self._log_result(found, None)
        return found

    def _compare(self, begin: float, end: float, older_than: float, budget: TimeBudget) -> Findings:
        total = Findings()
        while begin < end:
            step_end = min(end, begin + STEP_HOURS * HOUR_SECONDS)
            now = self._clock()
            try:
                difference = self._comparison.difference(
                    begin, step_end, now=now, written_before=now - older_than, budget=budget
                )
            except BudgetSpentError:
                logger.warning("out of time: the next run continues from here", extra={"from": begin})
                return replace(total, complete=False)
            postponed, sent = self._why_not_now(difference, older_than), 0
            if not postponed:
                sent = self._hand_over(difference.missed, older_than)
                postponed = CLAIMED if sent < len(difference.missed) else ""
            total = _added(total, difference, sent, postponed)
            if postponed:
                logger.error(postponed, extra={"missed": len(difference.missed), "from": begin})
                return replace(total, complete=False)
            begin = step_end
            total = replace(total, through=begin)
            if not budget.allows(LAST_SECONDS):
                return replace(total, complete=begin >= end)
        return total

    def _why_not_now(self, difference: Difference, older_than: float) -> str:
        """Return what forbids handing over: what looks missed may be on its way, or its records may be elsewhere."""
        if not difference.missed:
            return ""
        notified = difference.notified
        if not notified.records:
            return "the records are silent: is every log group of a processor among RECORD_LOG_GROUPS?"
        if not self._waiting():
            return ""
        if notified.lag is None:
            return "messages wait and the processor has received none lately: nothing more is handed over"
        if notified.lag > older_than / 2:
            return "the object queue is behind: objects that look missed may still be in it"
        return ""

    def _waiting(self) -> int:
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=list(_DEPTHS))
        return sum(int(answer["Attributes"].get(name, "0")) for name in _DEPTHS)

    def _hand_over(self, missed: Sequence[StoredObject], older_than: float) -> int:
        sent = 0
        for object_ in missed:
            if not self._progress.claim(_claim_of(object_), self._clock(), older_than):
                continue
            self._limiter.acquire()
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(write_notification(object_)))
            logger.warning(
                "an object without a notification is handed over",
                extra={"tenant_id": object_.key.tenant_id, "object": object_.key.key},
            )
            sent += 1
        return sent

    def _log_result(self, found: Findings, behind: float | None) -> None:
        values = {
            catalogue.COMPARED_OBJECTS: float(found.compared),
            catalogue.MISSED_NOTIFICATIONS: float(found.missed),
            **({} if behind is None else {catalogue.RECONCILIATION_LAG: round(behind, 3)}),
        }
        properties = {"message": "reconciled", "handed_over": found.handed_over, "postponed": found.postponed}
        self._lines.write(values, {}, properties)

    @property
    def _sqs(self) -> "SQSClient":
        return self._clients.client("sqs")


def _added(total: Findings, difference: Difference, sent: int, postponed: str) -> Findings:
    keys = (*total.keys, *(object_.key.key for object_ in difference.missed))[:MOST_KEYS]
    return replace(
        total,
        compared=total.compared + difference.compared,
        missed=total.missed + len(difference.missed),
        handed_over=total.handed_over + sent,
        postponed=postponed,
        keys=keys,
    )


def _claim_of(object_: StoredObject) -> str:
    return f"{object_.key.key}?versionId={object_.version_id}" if object_.version_id else object_.key.key


def _hour(at: float) -> float:
    return at // HOUR_SECONDS * HOUR_SECONDS
