"""The dashboard as a picture: what the definition says, with the values that CloudWatch has."""

import json
import time
from xml.etree import ElementTree as ET

import boto3
import pytest
from moto import mock_aws

from local.dashboard.definition import Line, Search, Widget
from local.dashboard.drawing import draw
from local.dashboard.picture import draw_dashboard, span_since
from local.dashboard.recorded import Curve, Span, curves

NOW = time.time() // 60 * 60
SPAN = Span(NOW - 600, NOW + 60)
EXPRESSION = (
    "SLICE(SORT(SEARCH('{LogRouter,TenantId,Outcome} MetricName=\"Deliveries\" Outcome=\"delivered\"', 'Sum', 300), "
    "SUM, DESC), 0, 2)"
)
BODY = {
    "widgets": [
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 1, "properties": {"markdown": "## 1. Agents & more"}},
        {
            "type": "metric", "x": 0, "y": 1, "width": 12, "height": 6,
            "properties": {"title": "Tenants", "metrics": [[{"expression": EXPRESSION}]]},
        },
        {
            "type": "metric", "x": 12, "y": 1, "width": 12, "height": 6,
            "properties": {
                "title": "Events",
                "metrics": [["LogRouter", "Events", "Outcome", "delivered", {"stat": "Sum", "label": "all"}]],
            },
        },
        {
            "type": "alarm", "x": 0, "y": 7, "width": 24, "height": 4,
            "properties": {"title": "Alarms", "alarms": ["arn:aws:cloudwatch:r:1:alarm:S-AlarmsObjectQueueAgeAlarm0A"]},
        },
    ]
}  # fmt: skip


@pytest.fixture
def cloudwatch():
    with mock_aws():
        client = boto3.client(
            "cloudwatch", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        for tenant, value in (("small", 1), ("large", 9), ("middle", 5)):
            dimensions = [{"Name": "Outcome", "Value": "delivered"}, {"Name": "TenantId", "Value": tenant}]
            datum = {"MetricName": "Deliveries", "Dimensions": dimensions, "Value": value, "Timestamp": NOW}
            client.put_metric_data(Namespace="LogRouter", MetricData=[datum])
        other = [{"Name": "Outcome", "Value": "delivered"}]
        for name, value in (("Deliveries", 15), ("Events", 2_500)):
            datum = {"MetricName": name, "Dimensions": other, "Value": value, "Timestamp": NOW}
            client.put_metric_data(Namespace="LogRouter", MetricData=[datum])
        client.put_dashboard(DashboardName="it", DashboardBody=json.dumps(BODY))
        yield client


def test_a_widget_is_read_as_the_stacks_write_it():
    """A graph would be drawn of something else than the console shows."""
    text, tenants, events, alarms = map(Widget.read, BODY["widgets"])
    assert (text.text, alarms.alarms) == ("1. Agents & more", ("S-AlarmsObjectQueueAgeAlarm0A",))
    names = frozenset({"TenantId", "Outcome"})
    assert tenants.contents == (Search("LogRouter", "Deliveries", names, {"Outcome": "delivered"}, "Sum", True, 2),)
    assert events.contents == (Line("LogRouter", "Events", {"Outcome": "delivered"}, "Sum", "all"),)


def test_an_expression_of_another_form_is_refused():
    """It would be left out, and its graph look as if nothing had happened."""
    body = {**BODY["widgets"][1], "properties": {"metrics": [[{"expression": "m1 / m2"}]]}}
    with pytest.raises(ValueError, match="m1 / m2"):
        Widget.read(body)


def test_a_search_shows_the_largest_of_exactly_its_dimensions(cloudwatch):
    """The sum over all tenants would stand among them, or a small one hide a large one."""
    widgets = [Widget.read(widget) for widget in BODY["widgets"]]
    _, tenants, events, _ = curves(cloudwatch, widgets, SPAN)
    assert [(curve.label, sum(curve.values.values())) for curve in tenants] == [("large", 9.0), ("middle", 5.0)]
    assert [(curve.label, sum(curve.values.values())) for curve in events] == [("all", 2_500.0)]


def test_the_deployed_dashboard_becomes_a_picture(cloudwatch, tmp_path):
    """Who has no console would see nothing; a name with an ampersand would break the file."""
    draw_dashboard(cloudwatch, tmp_path / "it.svg", span_since(NOW - 60))
    root = ET.fromstring((tmp_path / "it.svg").read_text())
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1. Agents & more", "Tenants", "large: 9", "all: 2.5 k", "ObjectQueueAge"} <= set(texts)


def test_a_graph_without_values_says_so():
    """An empty graph could not be told from one that was not asked for."""
    (widget,) = [Widget.read(BODY["widgets"][2])]
    assert "no data" in draw([widget], [[]], SPAN, "it")
    assert "no data" not in draw([widget], [[Curve("all", {NOW: 1.0})]], SPAN, "it")


@pytest.mark.parametrize(("seconds", "period"), [(30, 1), (300, 5), (3_600, 60), (86_400, 3_600)])
def test_a_point_is_as_short_as_the_picture_allows(seconds, period):
    """Half a minute would be one point, or a day a thousand."""
    assert Span(0, seconds).period == period
