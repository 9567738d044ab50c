"""One message as a host received it, whatever the host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message's body and what is needed to hide it. By hand there is neither a queue nor a receipt."""

    body: str
    message_id: str
    receipt_handle: str | None = None
