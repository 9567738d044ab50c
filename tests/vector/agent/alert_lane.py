"""What the agent's lane of alerts sends, made by its own programs in the real engine."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import vector_vrl
import yaml

from local.loader.agent import Agent
from local.paths import ROOT

TEXT: Final = (ROOT / "vector_config" / "base" / "alerts.yaml").read_text()
LANE: Final[dict[str, Any]] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", TEXT))
MARKING: Final = {"ALERTS": "true"}
"""The settings of an agent that marks lines, beside its cluster's."""


def marked(agent: Agent, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the events of lines, with their marks read."""
    events = list(agent.events(lines))
    return [event | {"alert": json.loads(event["alert"]) if "alert" in event else None} for event in events]


def copies(agent: Agent, lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the bodies that the lane sends of lines."""
    events = [json.dumps(event) for event in marked(agent, lines) if event["alert"]]
    results = vector_vrl.execute_vrl(LANE["transforms"]["alert_copies"]["source"], events)
    return [result["message"] for result in results]
