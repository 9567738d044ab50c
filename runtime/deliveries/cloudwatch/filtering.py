"""What of a planned batch can be sent now, and what is taken out of it: the same for both engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from runtime.deliveries.cloudwatch.engine import Rejection
from runtime.objects.batches import Batch

TOO_OLD, TOO_NEW, EXPIRED = "too-old", "too-new", "expired"

# PutLogEvents, API reference: none "more than 14 days in the past", none "more than 2 hours in the future".
OLDEST_MS = 14 * 24 * 60 * 60 * 1000
NEWEST_MS = 2 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class FilteredBatch:
    """A batch without what can't be sent; ``refused`` are places in the planned batch, ``empty`` counts events."""

    sendable: Batch
    refused: Sequence[Rejection]
    empty: int


def filter_events(batch: Batch, now_ms: int) -> FilteredBatch:
    """Take out events that CloudWatch refuses at this time, and empty ones, which would cost the whole batch.

    An event at the very limit is sent: CloudWatch's own answer decides about it. A batch of which nothing is taken
    out is given back itself, so that what siblings derived from it stays of use.
    """
    oldest, newest = now_ms - OLDEST_MS, now_ms + NEWEST_MS
    if oldest <= batch.timestamps[0] and batch.timestamps[-1] <= newest:
        if 0 not in batch.sizes:
            return FilteredBatch(batch, (), 0)
        sizes = list(filter(None, batch.sizes))
        times, literals = compress(batch.timestamps, batch.sizes), compress(batch.literals, batch.sizes)
        return FilteredBatch(Batch(batch.index, list(times), list(literals), sizes), (), len(batch) - len(sizes))
    kept: list[int] = []
    refused: dict[str, list[int]] = {}
    for place, (timestamp, size) in enumerate(zip(batch.timestamps, batch.sizes, strict=True)):
        if not size:
            continue
        if timestamp < oldest:
            refused.setdefault(TOO_OLD, []).append(place)
        elif timestamp > newest:
            refused.setdefault(TOO_NEW, []).append(place)
        else:
            kept.append(place)
    rejections = [Rejection(reason, places) for reason, places in refused.items()]
    return FilteredBatch(select(batch, kept), rejections, list(batch.sizes).count(0))


def select(batch: Batch, places: Sequence[int]) -> Batch:
    """Give the batch with these of its events only."""
    return Batch(
        batch.index,
        [batch.timestamps[place] for place in places],
        [batch.literals[place] for place in places],
        [batch.sizes[place] for place in places],
    )
