"""The catalogue holds every metric, and the code that runs emits each of them."""

import json
from dataclasses import fields

import pytest

from runtime.metrics import catalogue
from runtime.metrics.catalogue import EMITTED, PUBLISHED_BY_THE_AGENT, READ, Metric
from runtime.objects.events import ReadStats
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.everything import play
from tests.unit.runtime.processor.world import World


@pytest.fixture
def world(clients):
    return World(clients)


def emitted(capsys):
    """Return each metric of the lines so far, with its namespace, dimension sets and unit."""
    found = {}
    for line in map(json.loads, filter(lambda text: '"_aws"' in text, capsys.readouterr().out.splitlines())):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                assert isinstance(line[metric["Name"]], int | float)
                sets = found.setdefault((directive["Namespace"], metric["Name"], metric["Unit"]), set())
                sets.update(map(tuple, directive["Dimensions"]))
                assert all(isinstance(line[name], str) for each in directive["Dimensions"] for name in each)
    return found


def test_every_metric_of_the_catalogue_is_emitted_and_no_other(world, capsys):
    """An alarm would wait for a metric that nobody emits, or a failure be counted where nobody looks."""
    play(world)
    expected = {
        (catalogue.NAMESPACE, metric.name, metric.unit.value): {tuple(map(str, each)) for each in metric.sets}
        for metric in EMITTED
    }
    assert emitted(capsys) == expected


def test_no_metric_stands_outside_of_the_list():
    """It could be emitted while no test asks whether anybody watches it."""
    named = {value for value in vars(catalogue).values() if isinstance(value, Metric)} | set(READ.values())
    assert named == {*EMITTED, *PUBLISHED_BY_THE_AGENT.values()}
    assert len({metric.name for metric in EMITTED}) == len(EMITTED)


def test_everything_that_is_counted_while_reading_has_its_metric():
    """A counter that was added to the reader would fail every object that has such a line."""
    assert set(READ) == {field.name for field in fields(ReadStats)} - {"events"}


def test_only_two_metrics_grow_with_the_tenants():
    """The bill for custom metrics would grow with tenants times metrics times outcomes."""
    growing = {metric.name for metric in EMITTED for each in metric.sets if catalogue.Dimension.TENANT in each}
    assert growing == {"Deliveries", "AgeOfOldestEvent"}
