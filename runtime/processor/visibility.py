"""Keeps the messages at work hidden from other pollers for as long as they are worked on."""

import logging
from collections.abc import Callable, Iterable

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.logs import without_message

VISIBILITY_SECONDS = 120
"""Ours: how long a message stays hidden after the last sign of life; so long it takes after a crash to come back."""
EXTEND_SECONDS = VISIBILITY_SECONDS / 3
ENTRIES_A_CALL = 10  # SQS API reference, ChangeMessageVisibilityBatch
logger = logging.getLogger("logrouter.visibility")


class Visibility:
    """The receipts of the messages at work. Used by one thread. ``clock``: seconds, monotonic."""

    def __init__(self, clients: AwsClients, queue_url: str, clock: Callable[[], float] = scheduling.monotonic) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._clock = clock
        self._extend_at: dict[str, float] = {}

    def add(self, receipt_handles: Iterable[str]) -> None:
        """Take over messages that were received just now, hidden for ``VISIBILITY_SECONDS``."""
        self._extend_at.update(dict.fromkeys(receipt_handles, self._clock() + EXTEND_SECONDS))

    def release(self, receipt_handles: Iterable[str]) -> None:
        """Remove messages: they are settled, or keep their visibility."""
        for handle in receipt_handles:
            del self._extend_at[handle]

    def extend(self) -> None:
        """Hide the messages whose time is due for another while, ten in a call."""
        now = self._clock()
        due = [handle for handle, at in self._extend_at.items() if at <= now]
        for start in range(0, len(due), ENTRIES_A_CALL):
            handles = due[start : start + ENTRIES_A_CALL]
            self._hide(handles)
            self._extend_at.update(dict.fromkeys(handles, now + EXTEND_SECONDS))

    def _hide(self, handles: list[str]) -> None:
        entries = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": VISIBILITY_SECONDS}
            for index, handle in enumerate(handles)
        ]
        try:
            self._clients.call("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": self._queue_url, "Entries": entries})
        except Exception as error:  # noqa: BLE001 - at worst a message is delivered twice
            logger.warning("messages at work can't be kept hidden", extra=without_message(error))
