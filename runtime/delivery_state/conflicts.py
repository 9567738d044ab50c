"""Writes that meet another's transaction on the same item: DynamoDB refuses one of the two at once, rather than wait.

botocore repeats neither. A destination's status is written by every delivery that is parked for it, so they do meet.
"""

import random
from collections.abc import Callable
from typing import Any

from runtime import scheduling

TRIES = 6
FIRST_PAUSE_SECONDS = 0.05
_CONFLICT = "TransactionConflict"


def retry_conflicts(write: Callable[[], Any], wait: Callable[[float], object] = scheduling.sleep) -> Any:
    """Write; once more, after growing pauses with full jitter, while another's transaction is at the item.

    What the write raises for any other reason, or at last for this one, is raised.
    """
    for tried in range(TRIES - 1):
        try:
            return write()
        except Exception as error:
            if not _is_conflict(error):
                raise
        wait(FIRST_PAUSE_SECONDS * 2**tried * random.random())  # noqa: S311 - spreads load, keeps no secret
    return write()


def _is_conflict(error: Exception) -> bool:
    """Whether that was all that stood against it (``TransactionCanceledException`` names a reason an item)."""
    response: dict[str, Any] = getattr(error, "response", {})
    if response.get("Error", {}).get("Code") == f"{_CONFLICT}Exception":
        return True
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return _CONFLICT in codes and codes <= {_CONFLICT, "None"}
