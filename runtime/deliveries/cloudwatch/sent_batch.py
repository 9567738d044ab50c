"""What became of one batch: how much of it arrived, and what of it the destination can't take.

What can't be taken is written as ranges of positions in the planned batch, so that it can be carried to the next
attempt where nobody could set it aside: that one sets aside the same events, and sends nothing again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from runtime.deliveries.cloudwatch.engine import Rejection
from runtime.deliveries.cloudwatch.filtering import FilteredBatch
from runtime.deliveries.method import DeliveryProgress, Unkept
from runtime.deliveries.set_aside import SetAsideEvent
from runtime.objects.batches import Batch


@dataclass(frozen=True, slots=True)
class SentBatch:
    """Counts of an acknowledged batch. ``oldest_ms``: epoch ms of its oldest event that was sent, if any was."""

    index: int
    events: int
    bytes: int
    empty: int
    set_aside: Counter[str]
    oldest_ms: int | None

    def acknowledge(self, progress: DeliveryProgress) -> None:
        """Add it to a delivery's progress."""
        progress.events += self.events
        progress.bytes += self.bytes
        progress.left_out += self.empty
        progress.set_aside.update(self.set_aside)
        if self.oldest_ms is not None:
            progress.oldest_event_ms = min(self.oldest_ms, progress.oldest_event_ms or self.oldest_ms)
        progress.acknowledge(self.index)  # last: a concurrent reader repeats a batch, loses none


def of_filtered(filtered: FilteredBatch, rejected: Sequence[Rejection], kept: Counter[str]) -> SentBatch:
    """Count a batch that was sent now."""
    sizes = filtered.sendable.sizes
    refused = [sizes[position] for one in rejected for position in one.positions]
    return SentBatch(
        filtered.sendable.index,
        len(sizes) - len(refused),
        sum(sizes) - sum(refused),
        filtered.empty,
        kept,
        filtered.sendable.timestamps[0] if sizes else None,
    )


def of_earlier(batch: Batch, unkept: Sequence[Unkept]) -> SentBatch:
    """Count a batch that an earlier attempt has sent, and of which it couldn't set aside what was refused."""
    refused = {position for one in unkept for position in range(one.start, one.stop)}
    sent = [index for index, size in enumerate(batch.sizes) if size and index not in refused]
    return SentBatch(
        batch.index,
        len(sent),
        sum(batch.sizes[index] for index in sent),
        list(batch.sizes).count(0),
        Counter(event.reason for event in events(batch, unkept)),
        batch.timestamps[sent[0]] if sent else None,
    )


def refused_ranges(batch: Batch, filtered: FilteredBatch, rejected: Iterable[Rejection]) -> tuple[Unkept, ...]:
    """Return what can't be taken, known before or from the answer, by positions in the planned batch."""
    known = [(one.reason, one.positions) for one in filtered.refused]
    rejections = [(one.reason, [filtered.positions[position] for position in one.positions]) for one in rejected]
    return tuple(
        Unkept(batch.index, reason, start, stop)
        for reason, positions in (*known, *rejections)
        for start, stop in _runs(batch, positions)
    )


def events(batch: Batch, unkept: Iterable[Unkept]) -> Iterator[SetAsideEvent]:
    """Yield the events of these ranges, as they are set aside; empty ones are none."""
    for one in unkept:
        for position in range(one.start, min(one.stop, len(batch))):
            if batch.sizes[position]:
                yield SetAsideEvent(one.reason, batch.timestamps[position], batch.literals[position])


def _runs(batch: Batch, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join positions between which there are empty events only."""
    start = stop = -1
    for position in positions:
        if start >= 0 and not any(batch.sizes[stop:position]):
            stop = position + 1
            continue
        if start >= 0:
            yield start, stop
        start, stop = position, position + 1
    if start >= 0:
        yield start, stop
