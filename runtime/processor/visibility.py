"""Keeps the messages at work hidden from other pollers for as long as they are worked on."""

import logging
import math
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from runtime.aws.clients import AwsClients
from runtime.logs import without_message

VISIBILITY_SECONDS = 120
"""Ours: how long a message stays hidden after the last sign of life; so long it takes after a crash to come back."""
logger = logging.getLogger("logrouter.visibility")


class Visibility:
    """The receipts of the messages at work. Used by one thread."""

    def __init__(self, clients: AwsClients, queue_url: str, receipt_handles: Sequence[str]) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._at_work = list(receipt_handles)
        self.interval_seconds = VISIBILITY_SECONDS / 3

    def __enter__(self) -> Self:
        self.extend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._at_work.clear()

    def release(self, receipt_handles: Iterable[str]) -> None:
        """Take messages out: they are settled, or stay as they are now."""
        for handle in receipt_handles:
            self._at_work.remove(handle)

    def extend(self) -> None:
        """Hide every message at work for another while, in one call."""
        if not self._at_work:
            return
        entries = [
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": math.ceil(VISIBILITY_SECONDS)}
            for place, handle in enumerate(self._at_work)
        ]
        try:
            self._clients.call("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": self._queue_url, "Entries": entries})
        except Exception as error:  # noqa: BLE001 - at worst a message is delivered twice
            logger.warning("messages at work can't be kept hidden", extra=without_message(error))
