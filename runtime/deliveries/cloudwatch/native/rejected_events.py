"""``rejectedLogEventsInfo`` of PutLogEvents, read as its API reference has it."""

from collections.abc import Mapping

from runtime.deliveries.cloudwatch.engine import Rejection
from runtime.deliveries.cloudwatch.filtering import EXPIRED, TOO_NEW, TOO_OLD


def rejections(info: Mapping[str, int], sent: int) -> list[Rejection]:
    """Return which of the ``sent`` events were refused, each once.

    ``tooOldLogEventEndIndex`` and ``expiredLogEventEndIndex`` are the first index that is *not* refused;
    ``tooNewLogEventStartIndex`` is the first one that is. Events are in chronological order, and the group's
    retention may be longer or shorter than 14 days: what both ends cover counts as too old.
    """
    too_old = min(info.get("tooOldLogEventEndIndex", 0), sent)
    expired = min(info.get("expiredLogEventEndIndex", 0), sent)
    old = max(too_old, expired)
    too_new = max(min(info.get("tooNewLogEventStartIndex", sent), sent), old)
    parts = ((TOO_OLD, range(too_old)), (EXPIRED, range(too_old, old)), (TOO_NEW, range(too_new, sent)))
    return [Rejection(reason, positions) for reason, positions in parts if positions]
