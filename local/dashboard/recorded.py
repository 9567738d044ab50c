"""The values of each graph, as CloudWatch gives them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any

from local.dashboard.definition import Line, Search, Widget

QUERIES = 500
"""Of one GetMetricData (CloudWatch API reference)."""

PERIODS = (1, 5, 10, 30, 60, 300, 900, 3600)
POINTS = 60

type Values = dict[float, float]
"""By epoch seconds: the beginning of each period that has a value."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time, in epoch seconds."""

    begin: float
    end: float

    @property
    def period(self) -> int:
        """Seconds of one point: as few as give at most ``POINTS`` of them."""
        length = self.end - self.begin
        return next((period for period in PERIODS if length / period <= POINTS), PERIODS[-1])


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a graph, with its values."""

    label: str
    values: Values


def curves(cloudwatch: Any, widgets: Iterable[Widget], span: Span) -> list[list[Curve]]:
    """Give each widget's curves. Searches are resolved first, then everything is asked at once."""
    wanted = [[(content, _lines(cloudwatch, content)) for content in widget.contents] for widget in widgets]
    every = list(dict.fromkeys(_key(line) for contents in wanted for _, lines in contents for line in lines))
    values: dict[Any, Values] = {}
    for some in batched(every, QUERIES, strict=False):
        values |= _ask(cloudwatch, some, span)
    return [
        [
            curve
            for content, lines in contents
            for curve in _largest(content, [Curve(line.label, values[_key(line)]) for line in lines])
        ]
        for contents in wanted
    ]


def _lines(cloudwatch: Any, content: Line | Search) -> list[Line]:
    if isinstance(content, Line):
        return [content]
    found = []
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=content.namespace, MetricName=content.name)
    for metric in (metric for page in pages for metric in page["Metrics"]):
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        if dimensions.keys() == content.names and content.given.items() <= dimensions.items():
            label = " ".join(value for name, value in dimensions.items() if name not in content.given)
            found.append(Line(content.namespace, content.name, dimensions, content.statistic, label))
    return found


def _largest(content: Line | Search, found: list[Curve]) -> list[Curve]:
    if isinstance(content, Line):
        return found
    size = sum if content.by_sum else max
    ranked = sorted((one for one in found if one.values), key=lambda one: size(one.values.values()), reverse=True)
    return ranked[: content.most]


def _key(line: Line) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
    return line.namespace, line.name, tuple(sorted(line.dimensions.items())), line.statistic


def _ask(cloudwatch: Any, keys: Iterable[Any], span: Span) -> dict[Any, Values]:
    by_id = {f"m{number}": key for number, key in enumerate(keys)}
    queries: list[Mapping[str, Any]] = [
        {
            "Id": id_,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": name,
                    "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions],
                },
                "Period": span.period,
                "Stat": statistic,
            },
        }
        for id_, (namespace, name, dimensions, statistic) in by_id.items()
    ]
    values: dict[Any, Values] = {key: {} for key in by_id.values()}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=span.begin, EndTime=span.end
    )
    for result in (result for page in pages for result in page["MetricDataResults"]):
        times = [at.timestamp() for at in result["Timestamps"]]
        values[by_id[result["Id"]]] |= dict(zip(times, result["Values"], strict=True))
    return values
