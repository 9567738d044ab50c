"""Writes that meet another's transaction on the same item: DynamoDB refuses one of the two at once, rather than wait.

botocore repeats neither. A destination's status is written by every delivery that is parked for it, so they do meet.
"""

from collections.abc import Callable
from typing import Any, Final

from runtime import scheduling
from runtime.backoff import Backoff

ATTEMPTS: Final = 6
PAUSES: Final = Backoff(0.05, 1.0)
_CONFLICT = "TransactionConflict"


def retry_conflicts(write: Callable[[], Any], wait: Callable[[float], object] = scheduling.sleep) -> Any:
    """Write; once more, after growing pauses with full jitter, while another's transaction is at the item.

    What the write raises for any other reason, or at last for this one, is raised.
    """
    return PAUSES.repeat(write, ATTEMPTS, _is_conflict, wait=wait)


def _is_conflict(error: Exception) -> bool:
    """Whether that was all that stood against it (``TransactionCanceledException`` names a reason an item)."""
    response: dict[str, Any] = getattr(error, "response", {})
    if response.get("Error", {}).get("Code") == f"{_CONFLICT}Exception":
        return True
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return _CONFLICT in codes and codes <= {_CONFLICT, "None"}
