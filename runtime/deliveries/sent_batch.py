"""What became of one batch: how much of it arrived, and what of it the destination can't take.

What can't be taken is written as ranges of positions in the planned batch, so that it can be carried to the next
attempt where nobody could set it aside: that one sets aside the same events, and sends nothing again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from runtime.deliveries.event_request import FilteredBatch, Rejection
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


@dataclass(frozen=True, slots=True)
class Account:
    """Counts a planned batch. :param leaves_out_empty: events without text aren't sent, and count as none."""

    batch: Batch
    leaves_out_empty: bool

    def of_filtered(self, filtered: FilteredBatch, rejected: Sequence[Rejection], kept: Counter[str]) -> SentBatch:
        """Count a batch that was sent now."""
        sizes = filtered.sendable.sizes
        refused = [sizes[position] for one in rejected for position in one.positions]
        return SentBatch(
            self.batch.index,
            len(sizes) - len(refused),
            sum(sizes) - sum(refused),
            filtered.empty,
            kept,
            filtered.sendable.timestamps[0] if sizes else None,
        )

    def of_earlier(self, unkept: Sequence[Unkept]) -> SentBatch:
        """Count a batch that an earlier attempt has sent, and of which it couldn't set aside what was refused."""
        refused = {position for one in unkept for position in range(one.start, one.stop)}
        counted = range(len(self.batch))
        sent = [position for position in counted if self._counts(position) and position not in refused]
        return SentBatch(
            self.batch.index,
            len(sent),
            sum(self.batch.sizes[position] for position in sent),
            list(self.batch.sizes).count(0) if self.leaves_out_empty else 0,
            Counter(event.reason for event in self.events(unkept)),
            self.batch.timestamps[sent[0]] if sent else None,
        )

    def ranges(self, filtered: FilteredBatch, rejected: Iterable[Rejection]) -> tuple[Unkept, ...]:
        """Return what can't be taken, known before or from the answer, by positions in the planned batch."""
        known = [(one.reason, one.positions) for one in filtered.refused]
        rejections = [(one.reason, [filtered.positions[position] for position in one.positions]) for one in rejected]
        return tuple(
            Unkept(self.batch.index, reason, start, stop)
            for reason, positions in (*known, *rejections)
            for start, stop in self._runs(positions)
        )

    def events(self, unkept: Iterable[Unkept]) -> Iterator[SetAsideEvent]:
        """Yield the events of these ranges, as they are set aside."""
        for one in unkept:
            for position in range(one.start, min(one.stop, len(self.batch))):
                if self._counts(position):
                    yield SetAsideEvent(one.reason, self.batch.timestamps[position], self.batch.literals[position])

    def _counts(self, position: int) -> bool:
        return not self.leaves_out_empty or self.batch.sizes[position] > 0

    def _runs(self, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Join positions between which no event counts."""
        start = stop = -1
        for position in positions:
            if start >= 0 and not any(map(self._counts, range(stop, position))):
                stop = position + 1
                continue
            if start >= 0:
                yield start, stop
            start, stop = position, position + 1
        if start >= 0:
            yield start, stop
