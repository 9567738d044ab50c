"""The number of messages in a deployment's queues."""

from dataclasses import dataclass
from typing import Any, Final

VISIBLE: Final = "ApproximateNumberOfMessages"
IN_FLIGHT: Final = "ApproximateNumberOfMessagesNotVisible"
DELAYED: Final = "ApproximateNumberOfMessagesDelayed"

QUEUES: Final = {
    "objects": "ObjectQueueUrl",
    "deliveries": "DeliveryQueueUrl",
    "object DLQ": "ObjectDlqUrl",
    "delivery DLQ": "DeliveryDlqUrl",
    "undelivered notifications": "UndeliveredNotificationsUrl",
}
"""What each is called, and the stacks' output that has its address."""

SHOULD_BE_EMPTY: Final = frozenset({"object DLQ", "delivery DLQ", "undelivered notifications"})


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages of one queue: visible, in flight (being worked on, or hidden), delayed (not yet due)."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed


def depth(sqs: Any, url: str) -> QueueDepth:
    """Ask for a queue's depth. SQS gives it as approximate; the emulator's is exact."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBLE, IN_FLIGHT, DELAYED])["Attributes"]
    return QueueDepth(*(int(found.get(name, "0")) for name in (VISIBLE, IN_FLIGHT, DELAYED)))
