"""Reads records with FilterLogEvents, which answers with the lines themselves and is not charged for.

The filter pattern keeps other lines from being sent at all. Quotas of FilterLogEvents (CloudWatch Logs quotas): 1 MiB
or 10,000 lines an answer, and some ten requests a second: above that, requests are throttled and repeated.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        FilteredLogEventTypeDef,
        FilterLogEventsRequestTypeDef,
        FilterLogEventsResponseTypeDef,
    )

THROTTLED: Final = frozenset({"ThrottlingException", "LimitExceededException", "ServiceUnavailableException"})
ATTEMPTS: Final = 6
PAUSES: Final = Backoff(0.4, 8.0)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record. ``at``: epoch seconds, when it was written."""

    at: float
    fields: Mapping[str, object]

    def count(self, name: str) -> int:
        """Return a metric's value; 0 where there was nothing to count."""
        return int(self.number(name) or 0)

    def number(self, name: str) -> float | None:
        """Return a metric's value; ``None`` where the record has none."""
        value = self.fields.get(name)
        return float(value) if isinstance(value, int | float) else None

    def text(self, name: str) -> str:
        """Return a field's text; empty where the record has none."""
        return str(self.fields.get(name, ""))


@dataclass(frozen=True, slots=True)
class RecordLog:
    """The log groups of one Region's processors. What the client raises is raised after the retries."""

    clients: AwsClients
    groups: tuple[str, ...]
    wait: Callable[[float], object] = scheduling.sleep

    def lines(self, since: float, until: float, **wanted: str | int) -> Iterator[RecordLine]:
        """Yield the records of a time (epoch s, ``until`` exclusive) whose fields are as wanted.

        Text may hold ``*`` for anything. Order is that of each group.
        """
        for group in self.groups:
            for event in self._events(group, since, until, pattern(**wanted)):
                fields = _fields(event["message"])
                if fields is not None:
                    yield RecordLine(event["timestamp"] / 1000, fields)

    def _events(
        self, group: str, since: float, until: float, filter_pattern: str
    ) -> "Iterator[FilteredLogEventTypeDef]":
        request: FilterLogEventsRequestTypeDef = {
            "logGroupName": group,
            "startTime": int(since * 1000),
            "endTime": int(until * 1000) - 1,  # FilterLogEvents takes the end as inclusive
            "filterPattern": filter_pattern,
        }
        while True:
            answer = self._asked(request)
            yield from answer["events"]
            if not answer.get("nextToken"):
                return
            request["nextToken"] = answer["nextToken"]

    def _asked(self, request: "FilterLogEventsRequestTypeDef") -> "FilterLogEventsResponseTypeDef":
        client = self.clients.client("logs")
        return PAUSES.repeat(lambda: client.filter_log_events(**request), ATTEMPTS, _is_throttled, wait=self.wait)


def _is_throttled(error: Exception) -> bool:
    return error_code(error) in THROTTLED


def pattern(**wanted: str | int) -> str:
    """Write a filter pattern for JSON lines (CloudWatch Logs user guide, "Filter pattern syntax", JSON)."""
    parts = [f"($.{name} = {json.dumps(value)})" for name, value in wanted.items()]
    return f"{{ {' && '.join(parts)} }}"


def _fields(line: str) -> Mapping[str, object] | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
