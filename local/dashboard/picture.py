"""The one call: the deployed dashboard, drawn into a file."""

import json
import time
from pathlib import Path
from typing import Any

from local.dashboard.definition import Widget
from local.dashboard.drawing import draw
from local.dashboard.recorded import Span, curves


def draw_dashboard(cloudwatch: Any, path: Path, span: Span) -> None:
    """Draw the Region's only dashboard over a time. ``cloudwatch``: a client of the central account."""
    (entry,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
    widgets = [Widget.read(widget) for widget in body["widgets"]]
    heading = f"{span.end - span.begin:.0f} s of the embedded cloud, a point for each {span.period} s that has data"
    path.write_text(draw(widgets, curves(cloudwatch, widgets, span), span, heading), encoding="utf-8")


def span_since(begin: float) -> Span:
    """Give the time from then (epoch seconds) until now."""
    return Span(begin, time.time())
