"""Deletes settled messages, ten in a call; one that can't be deleted is kept hidden, and deleted later.

It would come back else, and be counted as received: an outage of nothing but deleting would lead messages that are long
settled into the dead-letter queue.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.logs import without_message
from runtime.processor.visibility import ENTRIES_A_CALL

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef

WAIT_SECONDS: Final = 1.0  # ours: so long a settled message waits for nine others
PAUSES: Final = Backoff(2.0, 60.0)
"""Seconds between attempts while the queue deletes nothing."""
logger = logging.getLogger("logrouter.deletion")


class Deletions:
    """The receipts of settled messages that aren't deleted yet. Used by one thread. ``clock``: seconds, monotonic."""

    def __init__(
        self,
        clients: AwsClients,
        queue_url: str,
        *,
        clock: Callable[[], float] = scheduling.monotonic,
    ) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._clock = clock
        self._receipts: list[str] = []
        self._since = 0.0
        self._not_before = 0.0
        self._failures = 0

    def __len__(self) -> int:
        return len(self._receipts)

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed: what is left is tried again after a pause."""
        return self._failures > 0

    def add(self, receipt_handles: Iterable[str]) -> None:
        """Take over messages that are settled."""
        if not self._receipts:
            self._since = self._clock()
        self._receipts += receipt_handles

    def delete(self, *, idle: bool) -> list[str]:
        """Delete what is due; return the receipts of what is deleted.

        :param idle: nothing else is at work, for whose end this could wait.
        """
        deleted: list[str] = []
        while self._is_due(idle=idle):
            some = self._receipts[:ENTRIES_A_CALL]
            left = self._try(some)
            deleted += [receipt for receipt in some if receipt not in left]
            self._receipts = [*self._receipts[ENTRIES_A_CALL:], *left]
            self._failures = self._failures + 1 if left else 0
            if left:
                self._not_before = self._clock() + PAUSES.pause(self._failures)
                break
        return deleted

    def _is_due(self, *, idle: bool) -> bool:
        now = self._clock()
        if not self._receipts or now < self._not_before:
            return False
        return idle or len(self._receipts) >= ENTRIES_A_CALL or now - self._since >= WAIT_SECONDS

    def _try(self, receipts: list[str]) -> list[str]:
        """Make one call; return the receipts of what isn't deleted."""
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(index), "ReceiptHandle": receipt} for index, receipt in enumerate(receipts)
        ]
        try:
            answer = self._clients.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._queue_url, "Entries": entries})
        except Exception as error:  # noqa: BLE001 - they stay hidden, and are deleted later
            logger.warning("settled messages can't be deleted", extra=without_message(error))
            return receipts
        failed = {int(entry["Id"]) for entry in answer.get("Failed", ()) if not entry.get("SenderFault")}
        if answer.get("Failed"):
            logger.warning("settled messages can't be deleted", extra={"count": len(answer["Failed"])})
        return [receipt for index, receipt in enumerate(receipts) if index in failed]
