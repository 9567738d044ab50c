"""PutLogEvents' limits (CloudWatch Logs API reference, "PutLogEvents"), so that a batching bug fails here too.

At most 10,000 events and 1,048,576 bytes a request, counted as UTF-8 plus 26 bytes each; no event over that by
itself; none empty; in chronological order; at most 24 hours between the first and the last that are accepted.
Events over 14 days or the group's retention old, or over 2 hours ahead, are rejected by index, the others stored.
"""

import json
import time
from itertools import pairwise
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

PUT = Target("ministack.services.cloudwatch_logs", "_put_log_events", ("data",))

MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
EVENT_OVERHEAD = 26
DAY_MS = 86_400_000
OLDEST_MS = 14 * DAY_MS
AHEAD_MS = 2 * 3_600_000
OK = 200

type Event = dict[str, Any]


def apply() -> None:
    """Refuse what CloudWatch refuses, and report what it rejects."""
    wrap(PUT, _limited)


def _limited(original: Function) -> Function:
    def _put_log_events(data: dict[str, Any]) -> Any:
        events: list[Event] = data.get("logEvents") or []
        now = int(time.time() * 1000)
        rejected = rejections([event["timestamp"] for event in events], now, _retention_ms(data))
        accepted = [event for index, event in enumerate(events) if index not in indexes(rejected, len(events))]
        problem = refusal(events) or span_refusal(accepted)
        if problem:
            return emulator("services.cloudwatch_logs").error_response_json("InvalidParameterException", problem, 400)
        response = original({**data, "logEvents": accepted})
        return _with_rejections(response, rejected) if rejected and response[0] == OK else response

    return _put_log_events


def refusal(events: list[Event]) -> str | None:
    """Return why the whole request is refused, or None."""
    if not 1 <= len(events) <= MAX_EVENTS:
        return (
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "
            f"Member must have length between 1 and {MAX_EVENTS}"
        )
    sizes = [len(event.get("message", "").encode()) for event in events]
    if 0 in sizes:
        return (
            f"1 validation error detected: Value at 'logEvents.{sizes.index(0) + 1}.member.message' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1"
        )
    largest, total = max(sizes) + EVENT_OVERHEAD, sum(sizes) + EVENT_OVERHEAD * len(sizes)
    if largest > MAX_BYTES:
        return f"Log event too large: {largest} bytes exceeds limit of {MAX_BYTES}"
    if total > MAX_BYTES:
        return f"Upload too large: {total} bytes exceeds limit of {MAX_BYTES}"
    times = [event["timestamp"] for event in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        return "Log events in a single PutLogEvents request must be in chronological order."
    return None


def span_refusal(accepted: list[Event]) -> str | None:
    """Return why accepted events that span over 24 hours are refused, or None. Expects them in order."""
    if accepted and accepted[-1]["timestamp"] - accepted[0]["timestamp"] > DAY_MS:
        return "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    return None


def rejections(times: list[int], now: int, retention_ms: int | None) -> dict[str, int]:
    """Return ``rejectedLogEventsInfo``: too old and expired by exclusive end, too new by inclusive start."""
    found: dict[str, int] = {}
    if old := sum(stamp < now - OLDEST_MS for stamp in times):
        found["tooOldLogEventEndIndex"] = old
    if new := sum(stamp > now + AHEAD_MS for stamp in times):
        found["tooNewLogEventStartIndex"] = len(times) - new
    if retention_ms and (expired := sum(stamp < now - retention_ms for stamp in times)):
        found["expiredLogEventEndIndex"] = expired
    return found


def indexes(rejected: dict[str, int], count: int) -> set[int]:
    """Return the indexes of all rejected events of ``count``; expects them in chronological order."""
    end = max(rejected.get("tooOldLogEventEndIndex", 0), rejected.get("expiredLogEventEndIndex", 0))
    return {*range(end), *range(rejected.get("tooNewLogEventStartIndex", count), count)}


def _retention_ms(data: dict[str, Any]) -> int | None:
    groups = emulator("services.cloudwatch_logs")._log_groups
    days = (groups.get(data.get("logGroupName")) or {}).get("retentionInDays")
    return int(days) * DAY_MS if days else None


def _with_rejections(response: Any, rejected: dict[str, int]) -> Any:
    status, headers, body = response
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, headers, json.dumps({**json.loads(body), "rejectedLogEventsInfo": rejected}).encode()
