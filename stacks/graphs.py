"""A dashboard's graphs."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.watched_metric import PERIOD

WIDTH, HEIGHT = 24, 6

type Metrics = Sequence[cloudwatch.IMetric]


def graph(title: str, metrics: Metrics, *, of: int) -> cloudwatch.GraphWidget:
    """Make a graph; ``of`` that many in its row."""
    return cloudwatch.GraphWidget(
        title=title,
        left=[*metrics],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        period=PERIOD,
        width=WIDTH // of,
        height=HEIGHT,
    )
