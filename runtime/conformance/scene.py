"""One object, delivered by the method under test the way the processor does it."""

import logging
from collections.abc import Generator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from runtime.conformance.stand_in import CENTRAL_BUCKET, StandIn
from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.delivery_config.transform import Transform
from runtime.objects.batches import Batch, BatchLimits, plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.key import ObjectKey
from runtime.objects.shared_read import SharedRead
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempt_result import AttemptResult
from runtime.processor.attempts import Attempts
from runtime.processor.delivery_record import DeliveryRecord, Outcome, Records
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.processor.object_reader import ObjectReader

CONTENT = "the-tenants-own-words"
"""In the text of each event: it may be seen at the destination alone."""
EVENTS, EVENTS_A_BATCH = 40, 16
SECONDS = 60.0
KEY = "tenant_id=acme-corp/cluster_id=c-1/application=etcd/pod_name=etcd-{number}/20261123-132140-u.json.gz"


def texts_of(number: int, events: int = EVENTS) -> list[str]:
    """Return the texts of an object's events."""
    return [f"{CONTENT} {number}-{event:05}" for event in range(events)]


def batches_of(number: int, now_ms: int, events: int = EVENTS) -> Generator[Batch]:
    """Plan an object's batches: some events a batch, each a millisecond after the one before."""
    lines = b"".join(
        b'{"timestamp":%d,"message":"%b"}\n' % (now_ms - 60_000 + event, text.encode())
        for event, text in enumerate(texts_of(number, events))
    )
    blocks = read_events([lines], last_modified_ms=now_ms, stats=ReadStats())
    yield from plan(blocks, BatchLimits(events=EVENTS_A_BATCH))


@dataclass
class Scene:
    """A process with the method under test. ``written`` is everything that it logged and recorded."""

    stand_in: StandIn
    now_ms: int
    events: int = EVENTS
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the process."""
        self.method = self.stand_in.make()
        self.records = Records("LogRouter", write=self.written.append)
        reader = SimpleNamespace(open=self._open)
        name = self.stand_in.config(0).method
        self._attempts = Attempts({name: self.method}, cast("ObjectReader", reader), self.records)

    def deliver(
        self,
        number: int = 0,
        *,
        config: int = 0,
        previous: AttemptResult | None = None,
        seconds: float = SECONDS,
        transform: Transform | None = None,
    ) -> AttemptResult:
        """Make one attempt at an object's delivery. :param previous: the attempt that it goes on from."""
        progress = DeliveryProgress()
        if previous is not None:
            progress.checkpoint, progress.ahead = previous.progress.checkpoint, previous.progress.ahead
            progress.unkept, progress.rests = previous.progress.unkept, previous.progress.rests
        wanted = self.stand_in.config(config).in_region("us-east-1")
        if transform is not None:
            wanted = wanted.model_copy(update={"transform": transform})
        object_ = StoredObject(CENTRAL_BUCKET, ObjectKey.parse(KEY.format(number=number)), "0cc1", f"v-{number}", 1000)
        budget = TimeBudget.of_seconds(seconds, settle_seconds=5)
        handler = _Everything(self.written)
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            (result,) = self._attempts.run([Delivery(object_, wanted, budget, progress)])
        finally:
            root.setLevel(level)
            root.removeHandler(handler)
        self._record(result)
        return result

    def key(self, number: int = 0) -> str:
        """Return an object's key."""
        return KEY.format(number=number)

    def acknowledged(self, result: AttemptResult, number: int = 0) -> list[str]:
        """Return the texts of the batches that the checkpoint says are acknowledged."""
        done = [
            batch
            for batch in batches_of(number, self.now_ms, self.events)
            if batch.index < result.progress.checkpoint or batch.index in result.progress.ahead
        ]
        return [literal.decode().strip('"') for batch in done for literal in batch.literals]

    def _open(self, object_: StoredObject, budget: TimeBudget) -> object:  # noqa: ARG002 - as the real one
        number = int(object_.key.pod_name.rpartition("-")[2])
        shared = SharedRead(lambda: batches_of(number, self.now_ms, self.events))
        return SimpleNamespace(shared=shared, stats=dict)

    def _record(self, result: AttemptResult) -> None:
        error = result.error
        outcome = Outcome.DELIVERED if error is None else Outcome.HANDED_OVER
        self.records.delivery(
            DeliveryRecord(
                result.object,
                result.object.key.tenant_id,
                result.type,
                outcome,
                result.progress,
                result.attempts,
                error.reason if error else "",
                error.detail if error else "",
            )
        )


class _Everything(logging.Handler):
    """Keeps each log line with all that it carries."""

    def __init__(self, written: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._written = written

    def emit(self, record: logging.LogRecord) -> None:
        self._written.append(f"{record.getMessage()} {record.__dict__}")
