"""Events become batches: what one PutLogEvents call takes (contract §4).

The plan depends on the object's events and on ``plan_version.py`` alone, never on the clock or on a destination's
answer: a resumed delivery meets the same batches and continues exactly after the last acknowledged one. What can't
be sent is taken out of its batch when it is sent (``EventMethod.filter``), not here.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field

from runtime.errors import CorruptObjectError
from runtime.objects.event_ids import RecordNumbers, Run
from runtime.objects.events import EventBlock

# PutLogEvents, API reference: at most 10,000 events; at most 1,048,576 bytes, counted as UTF-8 bytes of the messages
# and 26 for each event; at most 24 hours between the earliest and the latest event.
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
MAX_BATCH_SPAN_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one PutLogEvents call, in chronological order (stable), as three columns of equal length.

    ``index`` is the batch's number in the plan, from 0; it stays when events are taken out.
    ``timestamps`` are epoch milliseconds. ``literals`` are the messages as JSON string literals, quotes included,
    valid UTF-8, to be copied into JSON as they are. ``sizes`` are the UTF-8 bytes of the unescaped messages,
    without CloudWatch's 26 bytes an event. A batch is shared by threads: nobody changes its columns.
    ``records`` says which records of the object they are. ``derived`` keeps what a method makes of the columns alone,
    under the method's own name, so that sibling deliveries of the batch make it once (two of them may race to the same
    value).
    """

    index: int
    timestamps: Sequence[int]
    literals: Sequence[bytes]
    sizes: Sequence[int]
    derived: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    records: RecordNumbers = field(default=RecordNumbers(), compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.timestamps)

    def select(self, positions: Sequence[int]) -> "Batch":
        """Return the batch with these of its events only."""
        return Batch(
            self.index,
            [self.timestamps[position] for position in positions],
            [self.literals[position] for position in positions],
            [self.sizes[position] for position in positions],
            records=self.records.select(positions),
        )


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one batch may hold. Other values than the service's own are for tests."""

    events: int = MAX_BATCH_EVENTS
    bytes: int = MAX_BATCH_BYTES
    span_ms: int = MAX_BATCH_SPAN_MS


def plan(blocks: Iterable[EventBlock], limits: BatchLimits | None = None) -> Generator[Batch]:
    """Group events, in the object's order, into batches that each close before the event that would break a limit.

    Where the blocks end with a ``CorruptObjectError``, the last batch is yielded before it is raised: that is where
    the object ends, today and on any retry. After any other error the last batch isn't known yet and isn't yielded.
    """
    planner = _Planner(limits or BatchLimits())
    defect: CorruptObjectError | None = None
    try:
        for block in blocks:
            yield from planner.add(block)
    except CorruptObjectError as error:
        defect = error
    if planner.has_events():
        yield planner.close()
    if defect is not None:
        raise defect


def pieces_of(batch: Batch, limits: BatchLimits | None = None) -> Generator[range]:
    """Yield the positions of each call that takes a batch which isn't a planned one: its limits hold for none."""
    most = limits or BatchLimits()
    begin = used = 0
    for at, size in enumerate(batch.sizes):
        used += size + EVENT_OVERHEAD_BYTES
        span = batch.timestamps[at] - batch.timestamps[begin]
        if at > begin and (at - begin >= most.events or used > most.bytes or span > most.span_ms):
            yield range(begin, at)
            begin, used = at, size + EVENT_OVERHEAD_BYTES
    if begin < len(batch):
        yield range(begin, len(batch))


class _Planner:
    """The batch that is open, and the number of the next one."""

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._index = 0
        self._begin()

    def _begin(self) -> None:
        self._timestamps: list[int] = []
        self._literals: list[bytes] = []
        self._sizes: list[int] = []
        self._runs: list[Run] = []
        self._bytes = 0
        self._earliest = self._latest = 0

    def has_events(self) -> bool:
        return bool(self._timestamps)

    def add(self, block: EventBlock) -> Generator[Batch]:
        """Add a whole block where it fits, else its events until the batch is full."""
        begin, end = 0, len(block.timestamps)
        while begin < end:
            # Most blocks fit whole; near a batch's end smaller and smaller parts of one do.
            size = end - begin
            while not self._take(block, begin, begin + size):
                if size == 1:
                    yield self.close()
                size = max(1, size // 2)
            begin += size

    def _take(self, block: EventBlock, begin: int, end: int) -> bool:
        """Add these events if the batch stays within its limits."""
        timestamps, sizes = block.timestamps[begin:end], block.sizes[begin:end]
        earliest, latest = min(timestamps), max(timestamps)
        if self._timestamps:
            earliest, latest = min(earliest, self._earliest), max(latest, self._latest)
        added = sum(sizes) + EVENT_OVERHEAD_BYTES * len(sizes)
        fits = (
            len(self._timestamps) + len(sizes) <= self._limits.events
            and self._bytes + added <= self._limits.bytes
            and latest - earliest <= self._limits.span_ms
        )
        if not fits and not (len(sizes) == 1 and not self._timestamps):
            return False
        self._runs.append(Run(len(self._timestamps), block.record + begin, block.piece))
        self._timestamps += timestamps
        self._literals += block.literals[begin:end]
        self._sizes += sizes
        self._bytes += added
        self._earliest, self._latest = earliest, latest
        return True

    def close(self) -> Batch:
        """Return the open batch in chronological order, events of one time in the object's order; begin the next."""
        records = RecordNumbers(self._runs)
        batch = _in_time_order(Batch(self._index, self._timestamps, self._literals, self._sizes, records=records))
        self._index += 1
        self._begin()
        return batch


def _in_time_order(batch: Batch) -> Batch:
    in_order = sorted(batch.timestamps)
    if in_order == batch.timestamps:
        return batch
    return batch.select(sorted(range(len(batch)), key=batch.timestamps.__getitem__))
