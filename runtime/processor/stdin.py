"""The manual host: processes standard input once."""

import sys
from typing import TextIO

from runtime.messages.envelopes import UnreadableMessageError, message_bodies
from runtime.messages.queue_message import QueueMessage
from runtime.processor.pipeline import MessageProcessor
from runtime.time_budget import TimeBudget

SECONDS = 3600.0  # ours: nobody waits longer in front of a terminal
SETTLE_SECONDS = 30.0


def run(processor: MessageProcessor, text: str, err: TextIO | None = None) -> int:
    """Process one S3 event notification, or an SNS or SQS envelope of one (or several).

    :returns: exit status: 0 if everything is settled, 1 if something isn't (it is named on ``err``).
    """
    err = err or sys.stderr
    try:
        bodies = message_bodies(text)
    except UnreadableMessageError as error:
        err.write(f"not a notification: {error.detail}\n")
        return 1
    unsettled = 0
    for number, body in enumerate(bodies, 1):
        budget = TimeBudget.of_seconds(SECONDS, settle_seconds=SETTLE_SECONDS)
        if not processor.process(QueueMessage(body, f"stdin-{number}"), budget):
            unsettled += 1
            err.write(f"message {number} of {len(bodies)} is not settled; see its records above\n")
    return 1 if unsettled else 0
