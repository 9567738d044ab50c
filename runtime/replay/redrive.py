"""Moves messages from a dead-letter queue back to the queue they came from, one by one, at a limited rate.

Our own loop and not StartMessageMoveTask: it can choose by reason, show what it would do, and runs anywhere. A
message is deleted after it was sent: who is killed in between leaves at most ten that are there twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.rate_limit import RateLimiter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageTypeDef,
        SendMessageRequestTypeDef,
    )

MESSAGES_A_RECEIVE = 10  # SQS API reference, ReceiveMessage
HIDDEN_SECONDS = 300  # what isn't moved is hidden while this runs, and shown again at its end
MOST_HELD = 100_000  # SQS quotas: a queue stops at 120,000 messages in flight
EMPTY_RECEIVES = 2  # ours: a receive may miss what is there
NO_REASON = "received-too-often"  # SQS itself moved it: it carries no reason of ours


@dataclass(slots=True)
class Redriven:
    """What was met: how many were moved (or would be), how many passed over, by reason.

    ``complete``: every message of the queue was read.
    """

    moved: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Redrive:
    """Moves messages from ``source_url`` to ``target_url``. ``clock``: epoch seconds."""

    clients: AwsClients
    source_url: str
    target_url: str
    per_second: float = 20.0
    clock: Callable[[], float] = scheduling.now
    wait: Callable[[float], object] = scheduling.sleep

    def run(self, *, reason: str | None = None, limit: int | None = None, dry_run: bool = False) -> Redriven:
        """Move what lay there when this began; what comes back meanwhile is left for the next time.

        What isn't moved is shown again before this returns: a look at the queue changes nothing.

        :param reason: only messages with this reason. :param limit: at most so many. :param dry_run: count only.
        """
        held: dict[str, str] = {}
        try:
            return self._run(held, reason, limit, dry_run=dry_run)
        finally:
            self._show(held.values())

    def _run(self, held: dict[str, str], reason: str | None, limit: int | None, *, dry_run: bool) -> Redriven:
        done, moved = Redriven(), set[str]()
        begun = self.clock()
        pace = RateLimiter(self.per_second, self.clock, self.wait)
        for message in self._messages(held, moved):
            if limit is not None and done.moved.total() >= limit:
                done.complete = False
                break
            why = _reason(message)
            if reason not in (None, why) or _sent_at(message) > begun:
                done.passed_over[why] += 1
            else:
                done.moved[why] += 1
                if not dry_run:
                    pace.acquire()
                    self._move(message)
                    moved.add(message["MessageId"])
                    del held[message["MessageId"]]
            if len(held) >= MOST_HELD:
                done.complete = False
                break
        return done

    def _messages(self, held: dict[str, str], moved: AbstractSet[str]) -> "Iterator[MessageTypeDef]":
        """Yield each message once, and note under its id how to show it again.

        One that was hidden for too long comes again: that alone is no end. All have been met when the queue has
        nothing to show, or shows nothing but what was met, for as many receives as would show all of it.
        """
        empty = known = 0
        while empty < EMPTY_RECEIVES and known <= len(held) // MESSAGES_A_RECEIVE + EMPTY_RECEIVES:
            messages = self._receive()
            fresh = [one for one in messages if one["MessageId"] not in held and one["MessageId"] not in moved]
            empty = 0 if messages else empty + 1
            known = 0 if fresh else known + 1
            held.update((one["MessageId"], one["ReceiptHandle"]) for one in messages if one["MessageId"] not in moved)
            yield from fresh

    def _show(self, receipt_handles: Iterable[str]) -> None:
        for some in batched(receipt_handles, MESSAGES_A_RECEIVE, strict=False):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0} for index, handle in enumerate(some)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self.source_url, Entries=entries)

    def _receive(self) -> "Sequence[MessageTypeDef]":
        answer = self._sqs.receive_message(
            QueueUrl=self.source_url,
            MaxNumberOfMessages=MESSAGES_A_RECEIVE,
            WaitTimeSeconds=1,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageAttributeNames=["reason"],
            MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
        )
        return answer.get("Messages", ())

    def _move(self, message: "MessageTypeDef") -> None:
        group = message.get("Attributes", {}).get("MessageGroupId")
        request: SendMessageRequestTypeDef = {"QueueUrl": self.target_url, "MessageBody": message["Body"]}
        if group:
            request["MessageGroupId"] = group
        self._sqs.send_message(**request)
        self._sqs.delete_message(QueueUrl=self.source_url, ReceiptHandle=message["ReceiptHandle"])

    @property
    def _sqs(self) -> "SQSClient":
        return self.clients.client("sqs")


def _reason(message: "MessageTypeDef") -> str:
    attributes = message.get("MessageAttributes", {})
    return attributes["reason"].get("StringValue", NO_REASON) if "reason" in attributes else NO_REASON


def _sent_at(message: "MessageTypeDef") -> float:
    return int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
