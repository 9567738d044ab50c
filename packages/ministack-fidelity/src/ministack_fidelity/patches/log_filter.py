r"""FilterLogEvents knows patterns for JSON lines, and answers page by page (CloudWatch Logs user guide).

Of the pattern syntax what this project asks for: ``{ ($.name = "text, * for anything") && ($.name = 1) }``. Another
pattern that begins with a brace is refused, where the emulator would let every line through. A page ends at 10,000
lines or 1 MiB; the emulator drops what is over 10,000.
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

from ministack_fidelity.patching import Function, Target, emulator, wrap

FILTER = Target("ministack.services.cloudwatch_logs", "_filter_log_events", ("data",))
COMPILE = Target("ministack.services.cloudwatch_logs", "_compile_filter_pattern", ("raw",))

MAX_LINES: Final = 10_000
MAX_BYTES: Final = 1_048_576
_CONDITION: Final = re.compile(r'\s*\(?\s*\$\.(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?)\s*\)?\s*')

type Matches = Callable[[str], bool]


class UnknownPatternError(ValueError):
    """A pattern that isn't understood here."""


def apply() -> None:
    """Understand the patterns, and return pages."""
    wrap(COMPILE, _with_json)
    wrap(FILTER, _paged)


def _with_json(original: Function) -> Function:
    def _compile_filter_pattern(raw: str) -> Any:
        return json_pattern(raw.strip()) if raw and raw.strip().startswith("{") else original(raw)

    return _compile_filter_pattern


def json_pattern(raw: str) -> Matches:
    """Return a predicate: whether a line matches.

    :raises UnknownPatternError: it is of a form that isn't known here.
    """
    conditions = [_CONDITION.fullmatch(part) for part in raw.removeprefix("{").removesuffix("}").split("&&")]
    if not raw.endswith("}") or not all(conditions):
        raise UnknownPatternError(raw)
    wanted = [(found[1], json.loads(found[2])) for found in conditions if found]

    def matches(line: str) -> bool:
        try:
            fields = json.loads(line)
        except ValueError:
            return False
        return isinstance(fields, dict) and all(_equal(fields.get(name), value) for name, value in wanted)

    return matches


def _equal(found: object, wanted: object) -> bool:
    if isinstance(wanted, str):
        glob = re.sub(r"([\[?])", r"[\1]", wanted)  # only the asterisk is special
        return isinstance(found, str) and fnmatchcase(found, glob)
    return isinstance(found, int | float) and not isinstance(found, bool) and found == wanted


def _paged(original: Function) -> Function:
    def _filter_log_events(data: dict[str, Any]) -> Any:
        logs = emulator("services.cloudwatch_logs")
        group = logs._log_groups.get(logs._resolve_log_group_name(data))
        if group is None:
            return original(data)  # it answers that there is none
        try:
            passed = int(data.get("nextToken") or 0)
            matches = logs._compile_filter_pattern(data.get("filterPattern", ""))
        except ValueError:
            return logs.error_response_json("InvalidParameterException", "Invalid filter pattern, or token", 400)
        found = [event for event in _events(group["streams"], data) if matches(event["message"])]
        page = found[passed : passed + min(int(data.get("limit") or MAX_LINES), MAX_LINES)]
        end = passed + _fitting(page)
        more = {"nextToken": str(end)} if end < len(found) else {}
        return logs.json_response({"events": found[passed:end], "searchedLogStreams": [], **more})

    return _filter_log_events


def _events(streams: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of the request's streams and time, in order."""
    names = data.get("logStreamNames") or streams.keys()
    low, high = data.get("startTime") or 0, data.get("endTime")
    events = [
        {**event, "logStreamName": name}
        for name in names
        if name in streams
        for event in streams[name]["events"]
        if low <= event["timestamp"] and (high is None or event["timestamp"] <= high)
    ]
    return sorted(events, key=lambda event: event["timestamp"])


def _fitting(page: list[dict[str, Any]]) -> int:
    """Return how many of the events go into one answer: one at least."""
    size = 0
    for count, event in enumerate(page):
        size += len(event["message"])
        if size > MAX_BYTES and count:
            return count
    return len(page)
