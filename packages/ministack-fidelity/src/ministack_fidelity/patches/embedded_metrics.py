"""A log event in the embedded metric format becomes metrics (CloudWatch user guide, "Embedded metric format")."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

APPEND = Target("ministack.services.cloudwatch_logs", "_append_log_events", ("stream", "events"))
STORE = Target(
    "ministack.services.cloudwatch",
    "_store_datum",
    ("namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"),
)
MARK = '{"_aws"'

type Datum = tuple[str, str, dict[str, str], float, str, float]
"""Namespace, name, dimensions, epoch seconds, unit, value."""


def apply() -> None:
    """Read each event that is written, by any caller."""
    STORE.resolve()
    wrap(APPEND, _reading)


def data(message: str) -> Iterator[Datum]:
    """Yield what a line says, once for each set of dimensions."""
    line = json.loads(message)
    at = line["_aws"]["Timestamp"] / 1000
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(line[name]) for name in names}
            for metric in directive["Metrics"]:
                values = line[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    unit = metric.get("Unit", "None")
                    yield directive["Namespace"], metric["Name"], dimensions, at, unit, float(value)


def _reading(original: Function) -> Function:
    def _append_log_events(stream: dict[str, Any], events: list[dict[str, Any]]) -> Any:
        result = original(stream, events)
        lines = [event["message"] for event in events if event["message"].startswith(MARK)]
        for datum in chain.from_iterable(map(_data_or_none, lines)):
            emulator("services.cloudwatch")._store_datum(*datum, None, None, None)
        return result

    return _append_log_events


def _data_or_none(message: str) -> list[Datum]:
    try:
        return list(data(message))
    except (ValueError, KeyError, TypeError):  # AWS says so in a metric of its own, and goes on
        return []
