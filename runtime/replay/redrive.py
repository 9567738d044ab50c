"""Moves messages from a dead-letter queue back to the queue they came from, one by one, at a limited rate.

Our own loop and not StartMessageMoveTask: it can choose by reason, show what it would do, and runs anywhere. A
message is deleted after it was sent: who is killed in between leaves at most ten that are there twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.rate_limit import RateLimiter
from runtime.time_budget import FOREVER, TimeBudget

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
WAIT_SECONDS = 1  # every server of the queue is asked, not some of them
EMPTY_RECEIVES = 2  # ours: a receive may miss what is there
LAST_SECONDS = 10.0  # of a budget, in which what was hidden is shown again
NO_REASON = "received-too-often"  # SQS itself moved it: it carries no reason of ours
_REDRIVES = "redrives"  # an attribute, which SQS keeps when it moves a message


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of a dead-letter queue.

    :param reason: why it is there. :param sent_at: epoch seconds of its sending, which moving it doesn't change.
    :param redrives: how often it was redriven by itself since it came, or since a person redrove it.
    """

    id: str
    receipt_handle: str
    body: str
    reason: str
    sent_at: float
    redrives: int
    group: str | None

    @classmethod
    def read(cls, message: "MessageTypeDef") -> "DeadLetter":
        """Read what SQS returns; an attribute that isn't a number counts as none."""
        given = {name: str(one.get("StringValue", "")) for name, one in message.get("MessageAttributes", {}).items()}
        of_sqs = message.get("Attributes", {})
        redrives = given.get(_REDRIVES, "")
        return cls(
            message["MessageId"],
            message["ReceiptHandle"],
            message["Body"],
            given.get("reason") or NO_REASON,
            int(of_sqs.get("SentTimestamp", 0)) / 1000,
            int(redrives) if redrives.isdecimal() and len(redrives) < 6 else 0,  # noqa: PLR2004 - no number of ours is longer
            of_sqs.get("MessageGroupId"),
        )


@dataclass(slots=True)
class Redriven:
    """The result: how many were moved (or would be), how many skipped, by reason.

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

    def run(
        self,
        *,
        chosen: Callable[[DeadLetter], bool] = lambda _: True,
        limit: int | None = None,
        dry_run: bool = False,
        counted: bool = False,
        budget: TimeBudget = FOREVER,
    ) -> Redriven:
        """Move what lay there when this began; what comes back meanwhile is left for the next time.

        What isn't moved is shown again before this returns: a look at the queue changes nothing.

        :param chosen: only messages of which this is true. :param limit: at most so many. :param dry_run: count only.
        :param counted: each carries how often it was redriven; else that count begins again.
        """
        held: dict[str, str] = {}
        try:
            return self._run(held, chosen, limit, budget, dry_run=dry_run, counted=counted)
        finally:
            self._show(held.values())

    def _run(
        self,
        held: dict[str, str],
        chosen: Callable[[DeadLetter], bool],
        limit: int | None,
        budget: TimeBudget,
        *,
        dry_run: bool,
        counted: bool,
    ) -> Redriven:
        done, moved = Redriven(), set[str]()
        begun = self.clock()
        limiter = RateLimiter(self.per_second, self.clock, self.wait)
        for letter in self._letters(held, moved):
            if (limit is not None and done.moved.total() >= limit) or not budget.allows(LAST_SECONDS):
                done.complete = False
                break
            if not chosen(letter) or letter.sent_at > begun:
                done.passed_over[letter.reason] += 1
            else:
                done.moved[letter.reason] += 1
                if not dry_run:
                    limiter.acquire()
                    self._move(letter, letter.redrives + 1 if counted else 0)
                    moved.add(letter.id)
                    del held[letter.id]
            if len(held) >= MOST_HELD:
                done.complete = False
                break
        return done

    def _letters(self, held: dict[str, str], moved: AbstractSet[str]) -> Iterator[DeadLetter]:
        """Yield each message once, and note under its id how to show it again.

        One that was hidden for too long comes again: that alone is no end. All have been met when the queue has
        nothing to show, or shows nothing but what was met, for as many receives as would show all of it.
        """
        empty = known = 0
        while empty < EMPTY_RECEIVES and known <= len(held) // MESSAGES_A_RECEIVE + EMPTY_RECEIVES:
            letters = self._receive()
            fresh = [one for one in letters if one.id not in held and one.id not in moved]
            empty = 0 if letters else empty + 1
            known = 0 if fresh else known + 1
            held.update((one.id, one.receipt_handle) for one in letters if one.id not in moved)
            yield from fresh

    def _show(self, receipt_handles: Iterable[str]) -> None:
        for some in batched(receipt_handles, MESSAGES_A_RECEIVE, strict=False):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0} for index, handle in enumerate(some)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self.source_url, Entries=entries)

    def _receive(self) -> list[DeadLetter]:
        answer = self._sqs.receive_message(
            QueueUrl=self.source_url,
            MaxNumberOfMessages=MESSAGES_A_RECEIVE,
            WaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageAttributeNames=["reason", _REDRIVES],
            MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
        )
        return [DeadLetter.read(message) for message in answer.get("Messages", [])]

    def _move(self, letter: DeadLetter, redrives: int) -> None:
        request: SendMessageRequestTypeDef = {"QueueUrl": self.target_url, "MessageBody": letter.body}
        if letter.group:
            request["MessageGroupId"] = letter.group
        if redrives:
            request["MessageAttributes"] = {_REDRIVES: {"DataType": "Number", "StringValue": str(redrives)}}
        self._sqs.send_message(**request)
        self._sqs.delete_message(QueueUrl=self.source_url, ReceiptHandle=letter.receipt_handle)

    @property
    def _sqs(self) -> "SQSClient":
        return self.clients.client("sqs")
