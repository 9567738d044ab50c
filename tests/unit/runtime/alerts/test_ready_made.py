"""The ready-made rules on recorded lines, and on lines of the forms that the components' sources print."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from local.loader.recorded_logs import read_archive
from runtime.alerts.evaluation import AlertState, Match, apply
from runtime.alerts.ready_made import READY_MADE
from tests.unit.runtime.alerts.alert_scene import a_rule

PAGE = Path(__file__).parents[4] / "docs" / "alerts.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| .* \| (\d+) \| (\d+) \|$", re.MULTILINE)
BY_THE_SYSTEM = '"user":{"username":"system:apiserver"'
PRINTED = json.loads(Path(__file__).with_name("printed_lines.json").read_text(encoding="utf-8"))
"""Lines that no recorded control plane printed, in the form of their source (the rule names it)."""


@pytest.fixture(scope="module")
def recorded():
    """Return the recorded lines: (file, time in ms, text)."""
    return [
        (file.path, int(seconds(record.stamp) * 1000), record.message.decode("utf-8", "replace"))
        for file, records in read_archive()
        for record in records
    ]


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in PRINTED.items() for line in lines])
def test_a_line_of_the_source_s_form_matches_its_rule_alone(name, line):
    """A customer would rely on a rule that never fires, or be notified of one thing as two."""
    found = {rule.name for rule in READY_MADE.values() if rule.matches(line)}
    assert found - {"authentication-failures"} == {name}


@pytest.mark.parametrize(
    ("name", "part", "other"),
    [
        ("api-server-5xx", " resp=500 ", " resp=200 "),
        ("api-server-5xx", '"code":500}', '"code":409}'),
        ("authentication-failures", "Unable to authenticate the request", "The request"),
        ("authentication-failures", '"code":401}', '"code":403}'),
    ],
)
def test_a_recorded_line_matches_for_the_sake_of_one_part(recorded, name, part, other):
    """A rule would match for another reason than the one that its title says."""
    lines = [text for _, _, text in recorded if part in text and READY_MADE[name].matches(text)]
    assert lines
    assert not any(READY_MADE[name].matches(line.replace(part, other)) for line in lines)


def test_a_change_of_roles_by_a_person_matches_and_by_kubernetes_itself_does_not(recorded):
    """Each start of a control plane would be an alert, or a person's grant of a role none."""
    rule = READY_MADE["audit-rbac-changed"]
    own = [
        text
        for _, _, text in recorded
        if BY_THE_SYSTEM in text and re.search('"verb":"create",.*"objectRef":{"resource":"(cluster)?role', text)
    ]
    assert len(own) == 72
    assert not any(rule.matches(text) for text in own)
    assert all(rule.matches(text.replace(BY_THE_SYSTEM, '"user":{"username":"system:admin"')) for text in own)


def test_text_inside_a_request_cannot_hide_a_line_or_be_one():
    """A person who lists secrets could keep it quiet by a query parameter; a user agent could cry wolf."""
    rule, (line,) = READY_MADE["audit-secrets-listed"], PRINTED["audit-secrets-listed"]
    assert rule.matches(line.replace("limit=500", r"x=\",\"verb\":\"get\",\"user\":{\"username\":\"system:apiserver\""))
    assert not rule.matches(line.replace('"verb":"list"', r'"verb":"get","userAgent":"\"verb\":\"list\""'))


def test_what_fires_on_all_recorded_logs_is_written_down(recorded):
    """A rule's false alarms would be a surprise; these control planes had nothing wrong but what was done to them."""
    found = Counter()
    for name, rule in READY_MADE.items():
        limits = a_rule(ready_made=name, level=None).limits
        states = {}
        for number, (path, time_ms, text) in enumerate(recorded):
            if rule.matches(text):
                found[name, "lines"] += 1
                tenant = path.partition("_")[0]
                states[tenant] = apply(states.get(tenant, AlertState()), limits, [Match(number, time_ms)], 1000.0)
        found[name, "alerts"] = sum(len(state.pending) for state in states.values())
    rows = {name: (int(lines), int(alerts)) for name, lines, alerts in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert rows == {name: (found[name, "lines"], found[name, "alerts"]) for name in READY_MADE}
    assert {name for name, (_, alerts) in rows.items() if alerts} == {"authentication-failures"}


def seconds(stamp):
    """Return the seconds of the day."""
    hours, minutes, rest = stamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)
