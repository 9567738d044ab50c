"""Takes a message out of what it came in: SQS, SNS, or nothing at all.

A queue's message holds an S3 notification, bare (S3 or SNS raw delivery) or in SNS's envelope, or a delivery
message. By hand (stdin) it may still be inside a Lambda event, or what ``aws sqs receive-message`` prints.
"""

import json
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 4  # SNS in SQS in a Lambda event is 3


class UnreadableMessageError(ValueError):
    """A message that isn't what the queue is for. ``reason`` is a stable word; ``detail`` never quotes the message."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def read_document(body: str) -> dict[str, Any]:
    """Return the innermost JSON object of a queue message's body.

    :raises UnreadableMessageError: it isn't JSON, or not an object, or wrapped again and again.
    """
    document = _parse(body)
    for _ in range(MAX_DEPTH):
        inner = document.get("Message")
        if not isinstance(inner, str) or "Records" in document:
            return document
        document = _parse(inner)
    raise UnreadableMessageError("nested-too-deep", f"more than {MAX_DEPTH} envelopes around it")


def message_bodies(text: str) -> list[str]:
    """Return the bodies of the queue messages in what a person pasted; without an SQS envelope the text is one body."""
    document = _parse(text)
    messages = document.get("Records") or document.get("Messages") or [document]
    if not isinstance(messages, list):
        return [text]
    bodies = list(_bodies(messages))
    return bodies or [text]


def _bodies(messages: list[Any]) -> Iterator[str]:
    for message in messages:
        if not isinstance(message, dict):
            continue
        sns = message.get("Sns")
        body = sns.get("Message") if isinstance(sns, dict) else message.get("body", message.get("Body"))
        if isinstance(body, str):
            yield body


def _parse(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableMessageError("not-json", f"invalid SQS message format: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise UnreadableMessageError("not-an-object", f"a JSON object is expected, this is {type(document).__name__}")
    return document
