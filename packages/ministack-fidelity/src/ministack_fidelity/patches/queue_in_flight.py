"""At most 120,000 messages of a queue are in flight: received, neither deleted nor visible again.

Beyond that a receive that doesn't wait gets the error OverLimit, one that waits and a function's event source get
nothing (SQS developer guide, "Message quotas": "Messages per queue (in flight)"). To test at that bound without so many
messages, set ``MINISTACK_SQS_IN_FLIGHT`` to a smaller one.
"""

import os
import time
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

COLLECT = Target("ministack.services.sqs", "_collect_msgs", ("q", "max_n", "vis_timeout"))
RECEIVE = Target("ministack.services.sqs", "_act_receive_message", ("data", "qurl"))
VARIABLE = "MINISTACK_SQS_IN_FLIGHT"
IN_FLIGHT = 120_000


def apply() -> None:
    """Bound what a receive returns."""
    wrap(COLLECT, _bounded)
    wrap(RECEIVE, _over_limit)


def room(messages: list[dict[str, Any]], now: float) -> int:
    """Return how many messages more may be received."""
    in_flight = sum(1 for each in messages if each.get("receive_count", 0) and each.get("visible_at", 0) > now)
    return max(0, int(os.environ.get(VARIABLE, IN_FLIGHT)) - in_flight)


def _bounded(original: Function) -> Function:
    def _collect_msgs(q: dict[str, Any], max_n: int, vis_timeout: int) -> Any:
        most = min(max_n, room(q["messages"], time.time()))
        return original(q, most, vis_timeout) if most else []

    return _collect_msgs


def _over_limit(original: Function) -> Function:
    async def _act_receive_message(data: dict[str, Any], qurl: str) -> Any:
        sqs = emulator("services.sqs")
        queue = sqs._get_q(data.get("QueueUrl", qurl), "sqs:ReceiveMessage")
        wait = data.get("WaitTimeSeconds", queue["attributes"].get("ReceiveMessageWaitTimeSeconds", 0))
        if not int(wait) and not room(queue["messages"], time.time()):
            raise sqs._Err("OverLimit", "Too many messages in flight")
        return await original(data, qurl)

    return _act_receive_message
