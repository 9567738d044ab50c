"""Each alarm goes off and is cleared again; each metric is emitted and watched; each runbook is there."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from constructs_lib.limits import PropertyError
from constructs_lib.watched_metric import watched
from runtime.metrics import catalogue
from runtime.metrics.catalogue import EMITTED, PUBLISHED_BY_THE_AGENT, Watch
from stacks.monitoring_settings import AlarmThresholds, MonitoringSettings
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import World
from tests.unit.stacks.alarm_state import PERIOD, state
from tests.unit.stacks.drives import DRIVES

RUNBOOKS = Path(__file__).parents[3] / "docs" / "operations.md"
OURS = {catalogue.NAMESPACE, catalogue.AGENT_NAMESPACE}


@pytest.fixture(scope="module")
def monitoring(production):
    return production.get_stack_by_name("LogRouterMonitoring-us-east-1").template


@pytest.fixture(scope="module")
def alarms(monitoring):
    """The alarms' properties, by the section of their runbook."""
    found = {}
    for resource in monitoring["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            found.setdefault(section(resource["Properties"]), []).append(resource["Properties"])
    return found


@pytest.fixture(scope="module")
def dashboard(monitoring):
    """The dashboard's text; what only the deployment knows is left out."""
    (body,) = [
        resource["Properties"]["DashboardBody"]
        for resource in monitoring["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    return "".join(part if isinstance(part, str) else "TOKEN" for part in body["Fn::Join"][1])


def section(alarm):
    return alarm["AlarmDescription"].rsplit("#", 1)[1]


def shifted(data, begin):
    """Return data of one period, put into the period that begins then."""
    return [replace(one, at=begin + 1) for one in data]


@pytest.mark.parametrize("name", DRIVES)
def test_an_alarm_goes_off_and_is_cleared(name, alarms, clients):
    """It would sleep through what it was made for, or ring until somebody switches it off."""
    world = World(clients)
    for alarm in alarms[name]:
        assert alarm["Period"] == PERIOD
        periods = alarm["EvaluationPeriods"]
        begin = time.time() // PERIOD * PERIOD
        bad, good = DRIVES[name].bad(world, alarm), DRIVES[name].good(world, alarm)
        data = [one for number in range(periods) for one in shifted(good, begin + number * PERIOD)]
        assert state(alarm, data, begin + periods * PERIOD) == "OK"
        middle = begin + periods * PERIOD
        data += [one for number in range(periods) for one in shifted(bad, middle + number * PERIOD)]
        assert state(alarm, data, middle + periods * PERIOD) == "ALARM"
        end = middle + periods * PERIOD
        data += [one for number in range(periods) for one in shifted(good, end + number * PERIOD)]
        assert state(alarm, data, end + periods * PERIOD) == "OK"
        quiet = end + 100 * periods * PERIOD
        assert state(alarm, data, quiet) == ("ALARM" if name == "silent-cluster" else "OK")


def test_every_alarm_is_driven(alarms):
    """A new alarm could be one that never goes off."""
    assert set(alarms) == set(DRIVES)


def test_every_metric_is_watched(alarms, dashboard):
    """The code would count a failure that nobody sees, or one that should wake somebody would be a line in a graph."""
    alarmed = {alarm["MetricName"] for each in alarms.values() for alarm in each if alarm["Namespace"] in OURS}
    all_ = {*EMITTED, *PUBLISHED_BY_THE_AGENT.values()}
    assert alarmed == {metric.name for metric in all_ if metric.watch is Watch.ALARM}
    unseen = {metric.name for metric in all_ if not re.search(rf'"{metric.name}"|=\\"{metric.name}\\"', dashboard)}
    assert unseen == set()


def test_what_is_watched_is_emitted(alarms, dashboard):
    """An alarm would wait for a metric of another name, or under dimensions that nobody emits."""
    with pytest.raises(PropertyError, match="Deliveries is emitted by"):
        watched(catalogue.DELIVERIES, method="s3")
    sets = {
        (metric.name, frozenset(map(str, each)))
        for metric in (*EMITTED, *PUBLISHED_BY_THE_AGENT.values())
        for each in metric.sets
    }
    for alarm in (alarm for each in alarms.values() for alarm in each if alarm["Namespace"] in OURS):
        names = frozenset(dimension["Name"] for dimension in alarm.get("Dimensions", ()))
        assert (alarm["MetricName"], names) in sets
    for schema, name in re.findall(r"SEARCH\('\{LogRouter(?:/Agent)?,([\w,]+)\} MetricName=\\\"(\w+)\\\"", dashboard):
        assert (name, frozenset(schema.split(","))) in sets


def test_an_alarm_says_how_urgent_it_is_what_is_wrong_and_where_to_read_on(alarms):
    """Whoever is woken would have a metric's name to go by."""
    for alarm in (alarm for each in alarms.values() for alarm in each):
        assert re.fullmatch(
            r"(page|ticket): [A-Z][a-z -]+\. [A-Z].{20,}\. [A-Z].{10,}\. Runbook: docs/operations\.md#[a-z-]+",
            alarm["AlarmDescription"],
        )
        assert alarm["AlarmActions"] == alarm["OKActions"]
        (topic,) = alarm["AlarmActions"]
        assert topic["Ref"].startswith(f"AlarmTopics{alarm['AlarmDescription'].partition(':')[0].title()}")
        assert "AlarmName" not in alarm


def test_no_alarm_needs_metric_math(alarms):
    """It could be neither evaluated here nor deployed into the embedded cloud, and a reader would have to calculate."""
    assert not [alarm for each in alarms.values() for alarm in each if "Metrics" in alarm]


def test_every_cluster_and_function_has_its_alarms(production, alarms):
    """A second Region's cluster, or the function that was added last, would be watched by nobody."""
    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms["silent-cluster"]} == {"cluster-1"}
    other = production.get_stack_by_name("LogRouterMonitoring-eu-west-1").template
    assert "cluster cluster-2 " in json.dumps(other)
    assert "cluster cluster-1 " not in json.dumps(other)
    functions = sum(
        resource["Type"] == "AWS::Lambda::Function" and "logrouter" not in resource["Properties"].get("Handler", "")
        for part in ("Processing", "Outside", "Api", "Monitoring")
        for resource in production.get_stack_by_name(f"LogRouter{part}-us-east-1").template["Resources"].values()
    )
    assert len(alarms["function-errors"]) == len(alarms["function-duration"]) == functions


def test_a_threshold_that_would_ring_without_reason_is_refused():
    """A delivery that waits for its time would page somebody each hour."""
    from aws_cdk import Duration

    with pytest.raises(PropertyError, match="longest delay"):
        AlarmThresholds(delivery_queue_age=Duration.minutes(30))
    with pytest.raises(PropertyError, match="buffer_share"):
        AlarmThresholds(buffer_share=1.5)
    with pytest.raises(PropertyError, match="traced_share"):
        MonitoringSettings(traced_share=2)
