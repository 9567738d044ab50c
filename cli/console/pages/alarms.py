"""All alarms, those that are firing first, each with what it means and its runbook."""

from typing import Final

from cli.console.pages.overview import firing
from cli.console.rendering import page, part

ROUTES: Final = (
    page("/alarms", "alarms.html"),
    part("/parts/alarms", "parts/alarms.html", firing, every=15),
)
