"""What went wrong in comparable collectors: each known way to lose, misplace or misdate lines, or to be unsafe.

A row's number is that of the list of pitfalls which the design began with; it names the tests that show that this agent
does not do it. The processor's own are in ``tests/unit/runtime/test_pitfalls.py``.
"""

import ast
from dataclasses import dataclass

import pytest

from local.paths import ROOT
from tests.vector.agent.lines import run, source_line

AGENT, MANIFESTS = "tests/vector/agent/", "tests/unit/vector_config/test_manifests.py::"
CONFIGURATION, ORIGIN, KINDS = (AGENT + f"test_{name}.py::" for name in ("configuration", "origin", "kinds"))
WRITER_ROLE, WEB_IDENTITY = (f"tests/unit/constructs_lib/test_{name}.py::" for name in ("writer_role", "web_identity"))
HERE = AGENT + "test_pitfalls.py::"


@dataclass(frozen=True)
class Pitfall:
    """What others do, and the tests that show that this agent doesn't."""

    what: str
    tests: tuple[str, ...]


PITFALLS = {
    "7": Pitfall(
        "lines that aren't JSON are dropped", (AGENT + "test_any_line.py::test_any_text_is_one_event_with_that_text",)
    ),
    "8": Pitfall("three tries, then a batch is dropped", (CONFIGURATION + "test_retries_have_no_end",)),
    "9": Pitfall(
        "an unset variable or an empty label makes the key's template fail",
        (
            ORIGIN + "test_odd_application_labels_are_passed_over",
            ORIGIN + "test_an_unusable_tenant_label_is_nobody_s",
            ORIGIN + "test_any_labels_make_a_key_of_the_contract_s_form",
            AGENT + "test_real_agent.py::test_without_a_needed_variable_it_does_not_start",
        ),
    ),
    "14": Pitfall(
        "stack traces change their order", (AGENT + "test_any_line.py::test_dumps_stay_lines_in_their_order",)
    ),
    "15": Pitfall("messages are decoded and encoded again", (KINDS + "test_the_line_stays_as_printed",)),
    "20": Pitfall("a line picks its own tenant", (ORIGIN + "test_nothing_of_the_line_enters_the_envelope",)),
    "21": Pitfall(
        "an agent collects itself",
        (CONFIGURATION + "test_fact", HERE + "test_21_the_agent_s_label_is_what_it_leaves_out"),
    ),
    "24": Pitfall("numeric times cut to seconds, klog's to milliseconds", (HERE + "test_24_a_time_keeps_its_digits",)),
    "25": Pitfall("klog lines of December land a year ahead", (HERE + "test_25_december_s_lines_stay_in_their_year",)),
    "25b": Pitfall("nanoseconds rounded to microseconds", (HERE + "test_25b_nanoseconds_are_neither_cut_nor_rounded",)),
    "26": Pitfall(
        "ISO forms refused; an unusable ts hides a usable time", (HERE + "test_26_every_form_of_iso_is_read",)
    ),
    "32": Pitfall(
        "any bucket may be written to",
        (WRITER_ROLE + "test_may_put_its_own_clusters_objects_and_nothing_else",),
    ),
    "33": Pitfall(
        "a writer role without a prefix",
        (
            WRITER_ROLE + "test_may_put_its_own_clusters_objects_and_nothing_else",
            WRITER_ROLE + "test_a_cluster_id_that_widens_the_policy_is_refused",
            CONFIGURATION + "test_the_key_is_the_contract_s",
        ),
    ),
    "34": Pitfall(
        "trust of a whole account; decrypt everything",
        (
            WRITER_ROLE + "test_is_assumed_through_web_identity_alone",
            WRITER_ROLE + "test_may_encrypt_but_not_decrypt_with_the_buckets_key",
            WEB_IDENTITY + "test_trusts_one_subject_and_tokens_for_sts_alone",
        ),
    ),
    "36": Pitfall(
        "customers' content in the provider's logs", (AGENT + "test_real_agent.py::test_its_own_log_shows_no_line",)
    ),
    "37": Pitfall(
        "privileged as root; its API on 0.0.0.0; documented metrics that no source produces",
        (
            MANIFESTS + "test_the_agent_runs_without_privilege",
            MANIFESTS + "test_root_only_gives_the_data_directory_away",
            CONFIGURATION + "test_fact",
            CONFIGURATION + "test_every_metric_of_the_agent_s_own_has_a_source",
            AGENT + "test_real_agent.py::test_every_documented_metric_is_served",
        ),
    ),
}  # 31 (ExternalId) and 35 (the API) touch no part of the agent


@pytest.mark.parametrize("number", PITFALLS)
def test_a_pitfall_s_tests_exist(number: str):
    """Broken: a test was renamed or removed, and nothing shows any more that the pitfall is avoided."""
    for name in PITFALLS[number].tests:
        file, _, function = name.partition("::")
        tree = ast.parse((ROOT / file).read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_21_the_agent_s_label_is_what_it_leaves_out():
    """21: the agent's pods would carry another label than the one its source leaves out, and it would read itself."""
    label = "app.kubernetes.io/name: logrouter-agent"
    daemon_set = (ROOT / "vector_config" / "base" / "daemon_set.yaml").read_text()
    assert daemon_set.count(label) == 2
    assert "labels: *labels" in daemon_set


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ('{"ts":1756546286816.1628,"msg":"m"}', "2025-08-30T09:31:26.816162800Z"),
        ('{"msg":"m","ts":1756546286.816162}', "2025-08-30T09:31:26.816162Z"),
        ("I0830 11:27:01.564974       1 a.go:1] m", "2025-08-30T11:27:01.564974Z"),
    ],
)
def test_24_a_time_keeps_its_digits(line: str, time: str):
    """24: a number would be cut to whole seconds, klog's microseconds to milliseconds."""
    assert run([source_line(line)])[0]["timestamp"] == time


def test_25_december_s_lines_stay_in_their_year():
    """25: a klog line of 31 December, read on 1 January, would land a year ahead."""
    (event,) = run([source_line("I1231 23:59:59.999999       1 a.go:1] m", "2026-01-01T00:00:03Z")])
    assert event["timestamp"] == "2025-12-31T23:59:59.999999Z"


def test_25b_nanoseconds_are_neither_cut_nor_rounded():
    """25b: 999,999,999 ns would become the next second."""
    stamp = "2025-08-30T11:29:59.999999999Z"
    events = run([source_line(f"{stamp} m"), source_line("m", stamp)])
    assert [event["timestamp"] for event in events] == [stamp, stamp]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2025-08-30T09:21:21+02:00 m", "2025-08-30T07:21:21Z"),
        ("2025-08-30T11:29:21 m", "2025-08-30T11:29:21Z"),
        ("2025-08-30T09:21:21.123456789Z m", "2025-08-30T09:21:21.123456789Z"),
        ('{"ts":"soon","time":"2025-08-30T09:21:21Z"}', "2025-08-30T09:21:21Z"),
        ('{"ts":null,"timestamp":"2025-08-30T09:21:21.5+05:30"}', "2025-08-30T03:51:21.500Z"),
    ],
)
def test_26_every_form_of_iso_is_read(line: str, time: str):
    """26: an offset, no zone, or nanoseconds would be refused, and an unusable ts hide a usable time."""
    assert run([source_line(line)])[0]["timestamp"] == time
