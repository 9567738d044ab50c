"""What became of one batch: how much of it arrived, and what of it the destination can't take.

Where an attempt ends in the middle of a batch, what of it is settled is counted, and what is left is carried over.

What can't be taken is written as ranges of positions in the planned batch, so that it can be carried to the next
attempt where nobody could set it aside: that one sets aside the same events, and sends nothing again.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from runtime.deliveries.event_request import FilteredBatch, Rejection
from runtime.deliveries.method import MAX_RANGES, DeliveryProgress, Rest, Unkept
from runtime.deliveries.set_aside import SetAsideEvent
from runtime.objects.batches import Batch


@dataclass(frozen=True, slots=True)
class SentBatch:
    """Counts of an acknowledged batch, or of a part of one.

    :param oldest_ms: epoch ms of its oldest event that was sent, if any was. :param rest: what is left of the batch.
    :param program: what its program counted, where there is one.
    """

    index: int
    events: int
    bytes: int
    empty: int
    set_aside: Counter[str]
    oldest_ms: int | None
    rest: Rest | None = None
    program: Counter[str] | None = None

    def with_arrived(self, rejected: Iterable[Rejection]) -> "SentBatch":
        """Return the counts where some of the events that are kept have arrived, and nobody knows which.

        Their bytes aren't counted.
        """
        arrived: Counter[str] = Counter()
        for one in rejected:
            arrived[one.reason] += len(one.positions) - one.count
        return replace(self, events=self.events + arrived.total(), set_aside=self.set_aside - arrived)

    def acknowledge(self, progress: DeliveryProgress) -> None:
        """Add it to a delivery's progress. A part is counted only where its rest can be carried."""
        if self.rest is not None and not progress.note_rest(self.rest):
            return
        progress.events += self.events
        progress.bytes += self.bytes
        progress.left_out += self.empty
        progress.set_aside.update(self.set_aside)
        if self.program is not None:
            progress.program_counts.update(self.program)
        if self.oldest_ms is not None:
            progress.oldest_event_ms = min(self.oldest_ms, progress.oldest_event_ms or self.oldest_ms)
        if self.rest is None:
            progress.acknowledge(self.index)  # last: a concurrent reader repeats a batch, loses none


@dataclass(frozen=True)
class Account:
    """Counts a planned batch.

    :param leaves_out_empty: events without text aren't sent, and count as none.
    :param rest: what earlier attempts have left of it; the other events are settled, and counted. ``None``: nothing is.
    """

    batch: Batch
    leaves_out_empty: bool
    rest: Rest | None = None

    @cached_property
    def positions(self) -> Collection[int]:
        """The positions in the planned batch that aren't settled."""
        return range(len(self.batch)) if self.rest is None else frozenset(self.rest.positions())

    def left(self, filtered: FilteredBatch) -> Collection[int] | None:
        """Return which of the events that can be sent aren't settled, by their positions among these; ``None``: all."""
        if self.rest is None:
            return None
        return {at for at, position in enumerate(filtered.positions) if position in self.positions}

    def of_filtered(
        self, filtered: FilteredBatch, refused: Sequence[Unkept], rejected: Sequence[Rejection]
    ) -> SentBatch:
        """Count a batch that was sent now, or what was left of it."""
        if self.rest is not None:
            return self.of_positions(self.positions, refused)
        kept = Counter(event.reason for event in self.events(refused))
        sizes = filtered.sendable.sizes
        without = [sizes[position] for one in rejected for position in one.positions]
        return SentBatch(
            self.batch.index,
            len(sizes) - len(without),
            sum(sizes) - sum(without),
            filtered.empty,
            kept,
            filtered.sendable.timestamps[0] if sizes else None,
        )

    def of_earlier(self, unkept: Sequence[Unkept]) -> SentBatch:
        """Count a batch that an earlier attempt has sent, and of which it couldn't set aside what was refused."""
        return self.of_positions(range(len(self.batch)), unkept)

    def of_positions(self, positions: Collection[int], unkept: Sequence[Unkept], rest: Rest | None = None) -> SentBatch:
        """Count some events of the batch, which are sent or refused. :param rest: what is left then."""
        refused = {position for one in unkept for position in range(one.start, one.stop)}
        counted = sorted(positions)
        sent = [position for position in counted if self._counts(position) and position not in refused]
        return SentBatch(
            self.batch.index,
            len(sent),
            sum(self.batch.sizes[position] for position in sent),
            len(counted) - sum(map(self._counts, counted)),
            Counter(event.reason for event in self.events(unkept)),
            self.batch.timestamps[sent[0]] if sent else None,
            rest,
        )

    def rest_after(self, filtered: FilteredBatch, left: Sequence[int], *, accepted: bool) -> Rest | None:
        """Return what is left of the batch; ``None``: nothing more is settled, or more is left than can be carried.

        :param left: positions among the events that can be sent, ascending.
        """
        asked = self.left(filtered)
        ranges: list[tuple[int, int]] = []
        for position in sorted({filtered.positions[at] for at in left}):
            if ranges and ranges[-1][1] == position:
                ranges[-1] = ranges[-1][0], position + 1
            else:
                ranges.append((position, position + 1))
        settled = (len(filtered.positions) if asked is None else len(asked)) - len(left)
        return Rest(self.batch.index, accepted, tuple(ranges)) if settled and 0 < len(ranges) <= MAX_RANGES else None

    def ranges(self, filtered: FilteredBatch, rejected: Iterable[Rejection]) -> tuple[Unkept, ...]:
        """Return what can't be taken of what isn't settled, known before or from the answer, by planned positions."""
        known = [(one.reason, one.positions) for one in filtered.refused]
        rejections = [(one.reason, sorted({filtered.positions[each] for each in one.positions})) for one in rejected]
        return tuple(
            Unkept(self.batch.index, reason, start, stop)
            for reason, positions in (*known, *rejections)
            for start, stop in self._runs([each for each in positions if each in self.positions])
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
