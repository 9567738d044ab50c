"""Where a line comes from: the object's key, whatever labels, metadata and lines say."""

import hashlib
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.loader.agent import Agent
from runtime.delivery_config.patterns import TENANT_ID_PATTERN
from runtime.objects.key import UNLABELLED, ObjectKey
from tests.vector.agent.lines import POD, run, source_line

ODD = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "/",
    "a\nb",
    "\x00",
    "é",
    "x" * 256,
    "{{ message }}",
    "%Y",
    "-a",
    "a=b",
    "a b",
]
ODD_VALUES = [*ODD, None, 7, True, ["a"], {"a": "b"}]


def origins(*changes):
    """Return the events of pods with so changed Kubernetes metadata; one run, because each compiles the programs."""
    return run([source_line("m", kubernetes=POD["kubernetes"] | kubernetes) for kubernetes in changes])


def keys_of(*lines, **given_settings):
    agent = Agent({"CLUSTER_ID": "c1"} | given_settings)
    return [ObjectKey.parse(agent.key_prefix(event) + "20250830-000000-x.json.gz") for event in agent.events(lines)]


def test_odd_application_labels_are_passed_over():
    """Broken: the sink drops the event, or the processor refuses its object, for a label."""
    labels = ["app", "app.kubernetes.io/name"]
    pods = [{"pod_labels": {label: value}} for label in labels for value in ODD_VALUES]
    found = [event["application"] for event in origins(*pods)]
    assert found == ["api"] * len(pods)


def test_an_unusable_tenant_label_is_nobody_s():
    """Broken: a line falls to its namespace's name, which may be another tenant's id, or to what a label mends into."""
    values = [value for value in [*ODD_VALUES, "x" * 129, "_unlabelled"] if value is not None]
    labels = [*({"tenant-id": value} for value in values), {}, {"other": "acme"}, None]
    found = origins(*({"namespace_labels": value} for value in labels))
    assert {event["tenant_id"] for event in found} == {UNLABELLED}
    assert [event["unlabelled"] for event in found] == ["malformed"] * len(values) + ["missing"] * 2 + ["not loaded"]


def test_lines_without_a_tenant_are_counted():
    """Broken: nobody learns that a namespace's logs reach no tenant."""
    (event,) = Agent({"CLUSTER_ID": "c1"}).events([source_line("m", kubernetes=None)])
    assert "unlabelled" in event["remarks"]


def test_no_config_can_have_the_reserved_tenant():
    """Broken: a customer that calls itself so gets the logs of every namespace without a label."""
    assert re.fullmatch(TENANT_ID_PATTERN, UNLABELLED) is None


def test_pods_of_one_name_in_two_namespaces_have_keys_of_their_own():
    """Broken: two hosted clusters of a tenant share key, log stream and folder."""
    one, other = keys_of(source_line("m"), source_line("m", namespace="ns-2"))
    assert (one.pod_name, other.pod_name) == ("ns_api-7d9c8b6f5-x2k4q", "ns-2_api-7d9c8b6f5-x2k4q")
    (plain,) = keys_of(source_line("m"), TENANT_FROM="namespace")
    assert (plain.tenant_id, plain.pod_name) == ("ns", "api-7d9c8b6f5-x2k4q")


def test_a_long_pod_segment_has_its_short_form():
    """Broken: the processor refuses every object of a pod whose two names are long together."""
    namespace, pods = "n" * 63, ["p" * 192, "p" * 191, "p" * 253, "p" * 252 + "q"]
    keys = keys_of(*(source_line("m", namespace=namespace, pod_name=pod) for pod in pods))
    whole = [f"{namespace}_{pod}" for pod in pods]
    assert keys[1].pod_name == whole[1]
    for number in (0, 2, 3):
        digest = hashlib.sha256(whole[number].encode()).hexdigest()[:16]
        assert keys[number].pod_name == f"{whole[number][:238]}-{digest}"


def test_odd_owners_are_passed_over():
    """Broken: a pod that some operator made in its own way is not collected."""
    pods = [{"pod_owner": value, "pod_labels": {}} for value in [*ODD_VALUES, "X/", "X/a b", "ReplicaSet/-abcde"]]
    assert [event["application"] for event in origins(*pods)] == ["api"] * len(pods)


def test_missing_metadata_is_taken_from_the_file_s_path():
    """Broken: a line of a pod that is gone already has an empty namespace, and is dropped."""
    missing = ["kubernetes", "namespace", "pod_name", "container_name", "node"]
    for key in keys_of(*(source_line("m", **{name: None}) for name in missing)):
        assert key.pod_name == "ns_api-7d9c8b6f5-x2k4q"
        assert key.tenant_id in {"acme", UNLABELLED}


def test_even_without_metadata_and_path_there_is_a_key():
    """Broken: an event would be dropped because nothing is known of it."""
    names = ("kubernetes", "namespace", "pod_name", "container_name", "file")
    (key,) = keys_of(source_line("m", **dict.fromkeys(names)))
    assert (key.tenant_id, key.application, key.pod_name) == (UNLABELLED, "unknown", "unknown_unknown")


def test_the_application_comes_from_the_first_that_names_it():
    """Broken: a filter by application would miss a control plane's pods."""
    cases = [
        ({"app.kubernetes.io/name": "a", "app": "b"}, "StatefulSet/c", "a"),
        ({"app": "b"}, "StatefulSet/c", "b"),
        ({}, "StatefulSet/c", "c"),
        ({}, "ReplicaSet/openshift-apiserver-7d9c8b6f5", "openshift-apiserver"),
        ({}, "Job/backup-29924005", "backup"),
        ({}, "Job/once", "once"),
        ({}, "Node/node-1", "api"),
        ({}, None, "api"),
    ]
    events = origins(*({"pod_labels": labels, "pod_owner": owner} for labels, owner, _ in cases))
    assert [event["application"] for event in events] == [application for *_, application in cases]


def test_the_tenant_label_names_the_tenant():
    """Broken: logs would be kept under the namespace's name, which no delivery config knows."""
    assert origins({"namespace_labels": {"tenant-id": "acme"}})[0]["tenant_id"] == "acme"
    line = source_line("m", kubernetes={"namespace_labels": {"example.org/tenant": "acme"}})
    assert run([line], TENANT_LABEL="example.org/tenant")[0]["tenant_id"] == "acme"


@pytest.mark.parametrize(
    ("separate", "container", "application"),
    [
        ("audit-logs", "audit-logs", "audit-logs"),
        ("audit-logs", "audit", "kube-apiserver"),
        ("x,audit-logs,y", "audit-logs", "audit-logs"),
        ("audit-logs,y", "logs", "kube-apiserver"),
    ],
)
def test_a_separate_container_is_an_application_of_its_own(separate: str, container: str, application: str):
    """Broken: no filter could choose or leave out audit logs."""
    (event,) = run([source_line("m", container_name=container)], SEPARATE_CONTAINERS=separate)
    assert event["application"] == application


def test_nothing_of_the_line_enters_the_envelope():
    """Broken: a line chooses its own tenant."""
    lines = [
        '{"namespace":"evil","tenant_id":"evil","application":"evil","pod_name":"evil","cluster_id":"evil","ts":1}',
        '{"kubernetes":{"pod_namespace":"evil"},"message":"evil","level":"evil","timestamp_source":"evil"}',
        "namespace=evil tenant_id=evil application=evil pod_name=evil cluster_id=evil",
    ]
    plain, *forged = run([source_line("m"), *map(source_line, lines)])
    for event in forged:
        assert event | {"message": "m"} == plain


def test_an_event_has_these_fields_and_no_others():
    """Broken: each event would cost more in the disk buffer, or lack what a query needs."""
    (event,) = run([source_line("I0830 11:27:01.564974       1 a.go:7] m", _partial=True)])
    assert sorted(event) == [
        "application", "cluster_id", "container_name", "level", "message", "namespace",
        "node", "pod_name", "stream", "tenant_id", "timestamp", "timestamp_source",
    ]  # fmt: skip


label_text = st.one_of(st.text(max_size=20), st.text("abc./-_ ={}%", max_size=300))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(label_text, label_text, label_text, label_text), min_size=50, max_size=50))
def test_any_labels_make_a_key_of_the_contract_s_form(labels):
    """Broken: some label, odd in a way nobody thought of, would make the sink drop the event."""
    agent = Agent({"CLUSTER_ID": "c1"})
    pods = [
        {"pod_labels": {"app": a, "app.kubernetes.io/name": b}, "pod_owner": c, "namespace_labels": {"tenant-id": d}}
        for a, b, c, d in labels
    ]
    lines = [source_line("m", kubernetes=pod) for pod in pods]
    for event in agent.events(lines):
        key = ObjectKey.parse(agent.key_prefix(event) + "x.json.gz")
        assert (key.tenant_id, key.application) == (event["tenant_id"], event["application"])


def test_the_variables_of_the_key_are_the_event_s():
    """Broken: the key's template names a field that no program sets, and every event is dropped."""
    (event,) = run([source_line("m")])
    template = Agent({"CLUSTER_ID": "c1"}).configuration["sinks"]["central_bucket"]["key_prefix"]
    names = [part.partition(" }}")[0] for part in template.split("{{ ")[1:]]
    assert names == ["tenant_id", "application", "pod_name"]
    assert all(event[name] for name in itertools.chain(names, ["cluster_id", "namespace"]))
