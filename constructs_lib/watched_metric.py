"""Metrics of the catalogue, and AWS's own, as alarms and graphs use them."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.limits import require
from runtime.metrics.catalogue import (
    AGENT_NAMESPACE,
    EMITTED,
    NAMESPACE,
    PUBLISHED_BY_THE_AGENT,
    Dimension,
    Metric,
)

PERIOD: Final = Duration.minutes(5)
"""Of alarms and graphs. Nothing here has to be known sooner: the data itself comes in batches of minutes."""

TOP: Final = 10
"""Lines of a graph over tenants or reasons: what an eye can tell apart, whatever their number."""


def watched(
    metric: Metric,
    statistic: str = "Sum",
    *,
    label: str | None = None,
    **dimensions: str,
) -> cloudwatch.Metric:
    """Return a metric under one of the sets of dimensions that it is emitted with; another would never have a value.

    :param dimensions: by the members' names of ``Dimension`` in lower case: ``outcome="parked"``.
    """
    given = {Dimension[name.upper()].value: value for name, value in dimensions.items()}
    sets = [{dimension.value for dimension in each} for each in metric.sets]
    require(
        holds=set(given) in sets,
        constraint=f"{metric.name} is emitted by {sets}, not by {sorted(given) or 'no dimension'}",
    )
    return cloudwatch.Metric(
        namespace=namespace_of(metric),
        metric_name=metric.name,
        dimensions_map=given or None,
        statistic=statistic,
        period=PERIOD,
        label=label,
    )


def top(metric: Metric, statistic: str, *, by: Dimension, **dimensions: str) -> cloudwatch.MathExpression:
    """Return the ten largest series of a metric over the values of one dimension, found when the graph is opened.

    A search costs nothing where nobody looks, needs no deployment for a new tenant, and is cut to ten lines. CloudWatch
    itself takes the first 500 series that it finds (user guide, "Search expressions"): beyond that the saved queries
    are exact.
    """
    given = {Dimension[name.upper()]: value for name, value in dimensions.items()}
    members = next(each for each in metric.sets if set(each) == {by, *given})
    words = [f'MetricName="{metric.name}"', *(f'{name.value}="{value}"' for name, value in given.items())]
    schema = ",".join([namespace_of(metric), *(dimension.value for dimension in members)])
    search = f"SEARCH('{{{schema}}} {' '.join(words)}', '{statistic}', {PERIOD.to_seconds()})"
    order = "SUM" if statistic == "Sum" else "MAX"
    return cloudwatch.MathExpression(
        expression=f"SLICE(SORT({search}, {order}, DESC), 0, {TOP})", using_metrics={}, label="", period=PERIOD
    )


def namespace_of(metric: Metric) -> str:
    """Return whose metric it is: the code's, or the agent's."""
    assert metric in EMITTED or metric in PUBLISHED_BY_THE_AGENT.values()
    return NAMESPACE if metric in EMITTED else AGENT_NAMESPACE
