"""The lane of alerts, in the real engine: which lines are marked, and that the function reads what the lane sends."""

import json

import pytest

from local.loader.agent import Agent
from local.loader.recorded_logs import read_archive
from local.paths import ROOT
from runtime.alerts.line_copy import LineCopy
from runtime.alerts.ready_made import READY_MADE
from tests.alert_marks import PROGRAM, program
from tests.vector.agent import alert_lane
from tests.vector.agent.alert_lane import LANE
from tests.vector.agent.lines import STAMP, source_line

MARKING, PLAIN = Agent({"CLUSTER_ID": "c1"} | alert_lane.MARKING), Agent({"CLUSTER_ID": "c1"})
AUDIT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete",'
    '"requestURI":"/api/v1/secrets","verb":"list","user":{"username":"alice"},"objectRef":{"resource":"secrets"},'
    '"responseStatus":{"metadata":{},"code":200}}'
)
MARKED = [
    ("E1123 13:23:04.757533       1 controller.go:413] it failed", "level"),
    ('{"level":"fatal","msg":"gone"}', "level"),
    ('W1123 13:23:04.757533       1 d.go:1] failed calling webhook "x"', "admission-webhook-failing"),
    ('{"level":"warn","ts":"2025-08-30T11:30:00Z","msg":"slow fdatasync","took":"1s"}', "etcd-slow-disk"),
    ("E1123 13:23:04.757533       1 a.go:1] Unable to authenticate the request", "authentication-failures"),
    (AUDIT, "audit-secrets-listed"),
    (AUDIT.replace("alice", "system:kube-controller-manager"), None),
    ("I1123 13:23:04.757533       1 controller.go:413] all is well", None),
    ("it took too long to describe", None),
]


def marked(*lines, agent=MARKING):
    """Return the events of lines, with their marks read."""
    return alert_lane.marked(agent, lines)


def copies(*lines):
    """Return what the lane sends of lines."""
    return alert_lane.copies(MARKING, lines)


def test_the_program_is_the_ready_made_rules():
    """Broken: a rule waits for lines that no agent sends."""
    assert PROGRAM.read_text() == program(), "make alert-marks"


@pytest.mark.parametrize(("message", "mark"), MARKED)
def test_a_line_is_marked_for_what_it_is(message, mark):
    """Broken: an alert is missing, or every line is sent twice."""
    (event,) = marked(source_line(message))
    assert (event["alert"] or {}).get("mark") == mark


def test_marking_changes_nothing_of_what_is_stored():
    """Broken: the usual way would carry another line, another key, or a tenant's remark, with alerts than without."""
    lines = [source_line(message) for message, _ in MARKED]
    kept = ("message", "application", "pod_name", "tenant_id")
    with_alerts, without = marked(*lines), marked(*lines, agent=PLAIN)
    assert [[event[name] for name in kept] for event in with_alerts] == [
        [event[name] for name in kept] for event in without
    ]
    assert not [event for event in without if event["alert"]]


def test_the_function_reads_the_lane_s_own_bytes():
    """Broken: each copy would be refused as malformed, and no alert ever fire."""
    (body,) = copies(source_line("E1123 13:23:04.757533       1 a.go:1] it failed"))
    copy = LineCopy.parse(body)
    assert (copy.tenant_id, copy.cluster_id, copy.application) == ("acme", "c1", "kube-apiserver")
    assert (copy.pod_name, copy.level) == ("ns_api-7d9c8b6f5-x2k4q", "error")
    assert copy.message.endswith("it failed")


def test_a_copy_s_id_is_the_line_s():
    """Broken: a line that is sent again counts twice, or two lines that are alike count once."""
    line = "E1123 13:23:04.757533       1 a.go:1] it failed"
    later = STAMP.replace(".123456789", ".123456790")
    first, again, other = copies(source_line(line), source_line(line), source_line(line, later))
    assert json.loads(first)["id"] == json.loads(again)["id"] != json.loads(other)["id"]


def test_a_long_line_is_cut_to_what_a_message_may_have():
    """Broken: SQS refuses the message, and the alert is missing."""
    (body,) = copies(source_line("E1123 13:23:04.757533       1 a.go:1] " + "\x01" * 300_000))
    assert len(body.encode()) < 256 * 1024
    assert len(LineCopy.parse(body).message) == 32_768


def test_a_line_without_a_usable_tenant_is_not_marked():
    """Broken: an alarm rings for copies that are malformed, of a namespace whose label is missing."""
    pod = {"pod_labels": {"app": "api"}, "namespace_labels": {"kubernetes.io/metadata.name": "ns"}}
    (event,) = marked(source_line("E1123 13:23:04.757533       1 a.go:1] it failed", kubernetes=pod))
    assert event["alert"] is None


def test_wherever_a_rule_matches_one_of_its_hints_is_there():
    """Broken: a line that a ready-made rule looks for would not be marked, as the hints are looked for first."""
    found = 0
    for _, records in read_archive():
        for record in records:
            message = record.message.decode("utf-8", "replace")
            for rule in READY_MADE.values():
                if rule.matches(message):
                    found += 1
                    assert any(hint in message for hint in rule.hints), rule.name
    printed = json.loads((ROOT / "tests/unit/runtime/alerts/printed_lines.json").read_text())
    for name, lines in printed.items():
        for line in lines if isinstance(lines, list) else [lines]:
            if isinstance(line, str) and READY_MADE[name].matches(line):
                found += 1
                assert any(hint in line for hint in READY_MADE[name].hints), name
    assert found > 20


def test_nothing_waits_for_the_alert_queue():
    """Broken: a queue that is down holds up the lines themselves, or an event is looked at once more for each lane."""
    sink = LANE["sinks"]["alerts"]
    assert sink["buffer"] == {"type": "memory", "max_events": 1000, "when_full": "drop_newest"}
    assert sink["request"]["retry_attempts"] == 5
    assert LANE["transforms"]["alerted"]["inputs"] == ["remarkable.counted"]
    assert "remarkable" in PLAIN.configuration["transforms"]
    inputs = PLAIN.configuration["sinks"]["central_bucket"]["inputs"]
    assert inputs == ["events", "failed"]


def test_a_flood_is_cut_by_tenant_and_mark():
    """Broken: one tenant's errors take the room of another's alerts, or of its own gravest."""
    throttle = LANE["transforms"]["alert_throttle"]
    assert (throttle["key_field"], throttle["threshold"], throttle["window_secs"]) == (
        "{{ tenant_id }}/{{ alert.mark }}",
        100,
        10,
    )
    assert LANE["sinks"]["alerts"]["inputs"] == ["alert_copies"]
    assert LANE["transforms"]["alert_copies"]["inputs"] == ["alert_throttle"]
