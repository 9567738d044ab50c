"""What CloudWatch makes of an alarm's definition and of data (CloudWatch user guide, "Using Amazon CloudWatch alarms").

Alarms on one metric whose missing data is good or bad, which are all that the stacks have: the last periods are looked
at, each aligned to its length; one without data counts as the definition says; as many bad ones as asked for: ALARM.
"""

import json
import math
from dataclasses import dataclass, field

PERIOD = 300


@dataclass(frozen=True)
class Datum:
    """One value of a metric. ``at``: epoch seconds."""

    namespace: str
    name: str
    value: float
    at: float
    dimensions: dict = field(default_factory=dict)


def state(alarm, data, now):
    """Return an alarm's state at a time: ``ALARM`` or ``OK``.

    :param alarm: the properties of an ``AWS::CloudWatch::Alarm``.
    """
    assert "Metrics" not in alarm, "metric math is not evaluated here"
    assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}
    period, periods = alarm["Period"], alarm["EvaluationPeriods"]
    end = math.floor(now / period) * period
    bad = 0
    for number in range(1, periods + 1):
        begin = end - number * period
        values = [one.value for one in data if _is_of(one, alarm) and begin <= one.at < begin + period]
        bad += _breaches(_statistic(alarm, values), alarm) if values else alarm["TreatMissingData"] == "breaching"
    return "ALARM" if bad >= alarm.get("DatapointsToAlarm", periods) else "OK"


def dimensions(alarm):
    """Return an alarm's dimensions by name; a value that only the deployment knows as its JSON text."""
    named = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items()}


def _is_of(datum, alarm):
    of = (datum.namespace, datum.name, datum.dimensions)
    return of == (alarm["Namespace"], alarm["MetricName"], dimensions(alarm))


def _statistic(alarm, values):
    if "ExtendedStatistic" in alarm:
        share = float(alarm["ExtendedStatistic"].removeprefix("p")) / 100
        return sorted(values)[min(len(values) - 1, int(share * len(values)))]
    return {"Sum": sum, "Maximum": max, "Minimum": min}[alarm["Statistic"]](values)


def _breaches(value, alarm):
    return {
        "GreaterThanOrEqualToThreshold": value >= alarm["Threshold"],
        "LessThanThreshold": value < alarm["Threshold"],
    }[alarm["ComparisonOperator"]]
