"""How many requests a method makes: an object's planned batches, each cut by the method's own limits."""

import math

from runtime.costs.assumptions import GIB
from runtime.delivery_config.facts import RequestLimits

MAX_BATCH_EVENTS, MAX_BATCH_BYTES, EVENT_OVERHEAD_BYTES = 10_000, 1_048_576, 26
"""Of a planned batch, as ``runtime/objects/batches.py`` has them."""


def requests_of(limits: RequestLimits | None, *, objects: float, gib: float, events: float) -> float:
    """Return the requests for a number of objects of equal size. Counts may be rates or sums.

    :param limits: of one request; ``None``: a planned batch is one. :param gib: of lines, uncompressed.
    """
    if not objects:
        return 0.0
    events_each, bytes_each = events / objects, gib * GIB / objects
    planned = max(1, _times(bytes_each + events_each * EVENT_OVERHEAD_BYTES, MAX_BATCH_BYTES))
    batches = max(planned, _times(events_each, MAX_BATCH_EVENTS))
    if limits is None:
        return objects * batches
    events_in_batch = events_each / batches
    bytes_in_batch = bytes_each / batches + events_in_batch * limits.overhead_bytes
    return objects * batches * max(1, _times(events_in_batch, limits.events), _times(bytes_in_batch, limits.bytes))


def _times(amount: float, most: int) -> int:
    return math.ceil(round(amount, 6) / most)
