"""Keeps messages hidden from other pollers: those at work for as long as they are, returned ones ever longer."""

import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import batched
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.logs import without_message

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

VISIBILITY_SECONDS = 120
"""Ours: how long a message stays hidden after the last sign of life; so long it takes after a crash to come back."""
EXTEND_SECONDS = VISIBILITY_SECONDS / 3
RETURNED_FACTOR = 3
"""Ours: how many times longer a message stays hidden with each receive after which it could not be settled. With the
five receives of the object queue an outage of four hours leads none into the dead-letter queue, and none waits for
longer than twice the outage when it is over."""
LONGEST_SECONDS = 6 * 3600  # ours; SQS hides a message for 12 hours at most (quotas, visibility timeout)
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

    def put_back(self, receives: Mapping[str, int]) -> None:
        """Take out messages that could not be settled: they come back, ever later.

        :param receives: how often each message has been received, by its receipt.
        """
        self.release(receives)
        hidden = {receipt: VISIBILITY_SECONDS * RETURNED_FACTOR ** (count - 1) for receipt, count in receives.items()}
        longer = {
            receipt: min(seconds, LONGEST_SECONDS) for receipt, seconds in hidden.items() if receives[receipt] > 1
        }
        for some in batched(longer.items(), ENTRIES_A_CALL, strict=False):
            self._hide(dict(some))

    def extend(self) -> None:
        """Hide the messages whose time is due for another while, ten in a call."""
        now = self._clock()
        due = [handle for handle, at in self._extend_at.items() if at <= now]
        for start in range(0, len(due), ENTRIES_A_CALL):
            handles = due[start : start + ENTRIES_A_CALL]
            self._hide(dict.fromkeys(handles, VISIBILITY_SECONDS))
            self._extend_at.update(dict.fromkeys(handles, now + EXTEND_SECONDS))

    def _hide(self, seconds: Mapping[str, int]) -> None:
        """Hide messages from now on, each for so many seconds; ten at most."""
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": timeout}
            for index, (receipt, timeout) in enumerate(seconds.items())
        ]
        try:
            self._clients.call("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": self._queue_url, "Entries": entries})
        except Exception as error:  # noqa: BLE001 - at worst a message is delivered twice
            logger.warning("messages can't be kept hidden", extra=without_message(error))
