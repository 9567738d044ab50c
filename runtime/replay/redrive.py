"""Moves messages from a dead-letter queue back to the queue they came from, one by one, at a limited rate.

Our own loop and not StartMessageMoveTask: it can choose by reason, show what it would do, and runs anywhere. A
message is deleted after it was sent: who is killed in between leaves at most ten that are there twice.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.rate_limit import RateLimiter

MESSAGES_A_RECEIVE = 10  # SQS API reference, ReceiveMessage
HIDDEN_SECONDS = 60  # what is passed over is seen again after this
NO_REASON = "received-too-often"  # SQS itself moved it: it carries no reason of ours


@dataclass(slots=True)
class Redriven:
    """What was met: how many were moved (or would be), how many passed over, by reason."""

    moved: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)


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

        :param reason: only messages with this reason. :param limit: at most so many. :param dry_run: count only.
        """
        done, seen = Redriven(), set[str]()
        begun = self.clock()
        pace = RateLimiter(self.per_second, self.clock, self.wait)
        while limit is None or done.moved.total() < limit:
            fresh = [one for one in self._receive() if one["MessageId"] not in seen]
            if not fresh:
                return done
            for message in fresh:
                seen.add(message["MessageId"])
                why = _reason(message)
                wanted = reason in (None, why) and _sent_at(message) <= begun
                if not wanted or (limit is not None and done.moved.total() >= limit):
                    done.passed_over[why] += 1
                    continue
                if not dry_run:
                    pace.acquire()
                    self._move(message)
                done.moved[why] += 1
        return done

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.source_url,
            MaxNumberOfMessages=MESSAGES_A_RECEIVE,
            WaitTimeSeconds=1,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageAttributeNames=["reason"],
            MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _move(self, message: dict[str, Any]) -> None:
        group = message.get("Attributes", {}).get("MessageGroupId")
        more = {"MessageGroupId": group} if group else {}
        self._sqs.send_message(QueueUrl=self.target_url, MessageBody=message["Body"], **more)
        self._sqs.delete_message(QueueUrl=self.source_url, ReceiptHandle=message["ReceiptHandle"])

    @property
    def _sqs(self) -> Any:
        return self.clients.client("sqs")


def _reason(message: dict[str, Any]) -> str:
    return str(message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", NO_REASON))


def _sent_at(message: dict[str, Any]) -> float:
    return int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
