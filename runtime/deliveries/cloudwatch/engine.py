"""What an engine is: the part of a CloudWatch delivery that carries one batch to one log stream.

``CloudWatchDelivery`` and the driver do everything else for both engines: role hops, taking out what can't be sent,
in-process retries within the time budget, set-aside events, the checkpoint. An engine only sends, and says how it went.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from runtime.aws.credentials import Credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.event_request import Rejection
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget

CredentialsSource = Callable[[], Credentials]
"""Returns the customer role's credentials, from the role chain's cache, fresh enough to sign a call now."""


class BatchSender(Protocol):
    """Sends the batches of one delivery: the first alone, then up to ``Engine.calls_in_flight`` at once.

    One that creates missing log groups itself says in an attribute ``created_log_group`` whether it has.
    """

    def send(self, batch: Batch) -> Sequence[Rejection]:
        """Send one batch; return when the destination has acknowledged it, with what it refused (often nothing).

        The rejections' reasons are words of ``filtering.py``. The batch has at least one event, each with 1 to
        1,048,550 bytes, none of a time that CloudWatch refuses.

        :raises runtime.errors.RetryableError: the caller repeats the call with backoff while the budget
            lasts, unless it is a ``RefusedError`` (repeating now can't help: handed over).
        :raises runtime.errors.BlockedByCustomerError: only the customer can fix it.
        """

    def close(self) -> None:
        """Release what ``open`` took, in any state; called exactly once, when no ``send`` is under way any more."""


class Engine(Protocol):
    """One way to send. Instances are made once a process and shared by threads.

    ``calls_in_flight``: how many ``send`` calls of one sender may run at once, each in a thread of its own; 1: one
    after another.
    """

    name: ClassVar[str]
    calls_in_flight: ClassVar[int]

    def open(self, destination: LogDestination, credentials: CredentialsSource, budget: TimeBudget) -> BatchSender:
        """Start sending to one log stream. ``budget`` bounds each wait inside ``send``.

        :raises runtime.errors.DeliveryError: as in ``BatchSender.send``, retried by the caller alike.
        """
