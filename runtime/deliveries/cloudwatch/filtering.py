"""What of a planned batch can be sent now, and what is taken out of it: the same for both engines."""

from itertools import compress

from runtime.deliveries.event_request import FilteredBatch, Rejection
from runtime.objects.batches import Batch

TOO_OLD, TOO_NEW, EXPIRED = "too-old", "too-new", "expired"

# PutLogEvents, API reference: none "more than 14 days in the past", none "more than 2 hours in the future".
OLDEST_MS = 14 * 24 * 60 * 60 * 1000
NEWEST_MS = 2 * 60 * 60 * 1000


def filter_events(batch: Batch, now_ms: int) -> FilteredBatch:
    """Return a batch without the events that CloudWatch refuses at this time, and without empty ones.

    Those would cost the whole batch. An event at the very limit is sent: CloudWatch's own answer decides about it. A
    batch of which nothing is taken out is returned itself, so that what siblings derived from it stays of use.
    """
    oldest, newest = now_ms - OLDEST_MS, now_ms + NEWEST_MS
    if oldest <= batch.timestamps[0] and batch.timestamps[-1] <= newest:
        if 0 not in batch.sizes:
            return FilteredBatch(batch, (), 0, range(len(batch)))
        positions = list(compress(range(len(batch)), batch.sizes))
        return FilteredBatch(batch.select(positions), (), len(batch) - len(positions), positions)
    kept: list[int] = []
    refused: dict[str, list[int]] = {}
    for index, (timestamp, size) in enumerate(zip(batch.timestamps, batch.sizes, strict=True)):
        if not size:
            continue
        if timestamp < oldest:
            refused.setdefault(TOO_OLD, []).append(index)
        elif timestamp > newest:
            refused.setdefault(TOO_NEW, []).append(index)
        else:
            kept.append(index)
    rejections = [Rejection(reason, positions) for reason, positions in refused.items()]
    return FilteredBatch(batch.select(kept), rejections, list(batch.sizes).count(0), kept)
