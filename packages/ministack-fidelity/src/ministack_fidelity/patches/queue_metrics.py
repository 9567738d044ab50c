"""SQS publishes how full its queues are, and how old their oldest message is (SQS developer guide, "Metrics").

AWS does so each minute. Here it is each second in which something changed, so that a run of half a minute can be
seen; and every ten seconds where nothing does.
"""

import threading
import time
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

POLL = Target("ministack.services.sqs", "_receive_messages_for_esm", ("queue_url", "max_number"))
RECORD = Target(
    "ministack.services.cloudwatch", "record_metric", ("namespace", "metric_name", "value", "unit", "dimensions")
)
EVERY_SECONDS = 1.0
QUIET_SECONDS = 10.0

type Sample = dict[str, float]


def apply() -> None:
    """Look whenever an event source polls: that is all the time, as long as a function reads a queue."""
    RECORD.resolve()
    wrap(POLL, _sampling)


def sample(messages: list[dict[str, Any]], now: float) -> Sample:
    """Return a queue's metrics at that time (epoch s)."""
    visible = sum(message["visible_at"] <= now for message in messages)
    begun = [message for message in messages if message["visible_at"] <= now or message["receive_count"]]
    return {
        "ApproximateNumberOfMessagesVisible": visible,
        "ApproximateNumberOfMessagesNotVisible": len(begun) - visible,
        "ApproximateNumberOfMessagesDelayed": len(messages) - len(begun),
        "ApproximateAgeOfOldestMessage": int(now - min((message["sent_at"] for message in begun), default=now)),
    }


def _sampling(original: Function) -> Function:
    lock = threading.Lock()
    looked_at: dict[tuple[str, str], float] = {}
    sent: dict[str, tuple[Sample, float]] = {}

    def _receive_messages_for_esm(queue_url: str, max_number: int) -> Any:
        found = original(queue_url, max_number)
        responses, sqs = emulator("core.responses"), emulator("services.sqs")
        owner = (responses.get_account_id(), responses.get_region())
        now = time.time()
        with lock:
            if now - looked_at.get(owner, 0.0) < EVERY_SECONDS:
                return found
            looked_at[owner] = now
            for url, queue in sqs._queues.items():
                seen = sample(list(queue["messages"]), now)
                last, at = sent.get(url, ({}, 0.0))
                if seen != last or now - at >= QUIET_SECONDS:
                    sent[url] = (seen, now)
                    _record(queue["name"], seen)
        return found

    return _receive_messages_for_esm


def _record(queue_name: str, seen: Sample) -> None:
    record = emulator("services.cloudwatch").record_metric
    for name, value in seen.items():
        unit = "Seconds" if name.startswith("ApproximateAge") else "Count"
        record("AWS/SQS", name, value, unit, {"QueueName": queue_name})
