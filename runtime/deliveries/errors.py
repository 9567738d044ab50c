"""The three roots that decide what happens to a delivery that did not succeed.

Each delivery method maps its service's errors to one of these (contract: retryable, blocked by the
customer, permanent). Whatever isn't one of them counts as retryable: an unknown error is never a reason
to lose a log line.
"""


class DeliveryError(Exception):
    """A delivery stopped before it was done.

    :param reason: short, stable, kebab-case word for metrics and records (``throttled``, ``access-denied``).
    :param detail: for people: the failed call, the resource, and the next step. Never a tenant's content.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class RetryableError(DeliveryError):
    """Throttling, 5xx, timeouts, connection errors, our own first hop denied: handed over with a delay."""


class OutOfTimeError(RetryableError):
    """The time budget ran out between two batches: handed over at once with its checkpoint; not a failure."""


class BlockedByCustomerError(DeliveryError):
    """Only the customer can mend it (role, bucket, log group, key): handed over, at last parked. Never dropped."""


class PermanentError(DeliveryError):
    """Trying again can't help (object gone, destination is the central bucket): settled and counted."""


class CorruptObjectError(PermanentError):
    """The object's bytes are not what they should be (not gzip, cut): settled, and sent to the dead-letter queue."""
