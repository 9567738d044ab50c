"""Where a line comes from: the object's key, whatever labels, metadata and lines say."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.loader.agent import Agent
from runtime.objects.key import ObjectKey
from tests.vector.agent.lines import POD, run, source_line

ODD = ["", " ", ".", "..", "../x", "a/b", "/", "a\nb", "\x00", "é", "x" * 256, "{{ message }}", "%Y", "-a", "a=b", "a b"]
ODD_VALUES = [*ODD, None, 7, True, ["a"], {"a": "b"}]


def origin(**kubernetes):
    (event,) = run([source_line("m", kubernetes=POD["kubernetes"] | kubernetes)])
    return event


def key_of(line, **given_settings):
    agent = Agent({"CLUSTER_ID": "c1"} | given_settings)
    (event,) = agent.events([line])
    return ObjectKey.parse(agent.key_prefix(event) + "20250830-000000-x.json.gz")


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("label", ["app", "app.kubernetes.io/name"])
def test_an_odd_application_label_is_passed_over(label: str, value: object):
    """Broken: the sink drops the event, or the processor refuses its object, for a label."""
    assert origin(pod_labels={label: value})["application"] == "api"


@pytest.mark.parametrize("value", [*ODD_VALUES, "x" * 129], ids=repr)
def test_an_odd_tenant_label_is_passed_over(value: object):
    """Broken: an event is dropped, or one tenant's label mends into another tenant's id."""
    assert origin(namespace_labels={"tenant-id": value})["tenant_id"] == "ns"


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_an_odd_owner_is_passed_over(value: object):
    """Broken: a pod that some operator made in its own way is not collected."""
    assert origin(pod_owner=value, pod_labels={})["application"] == "api"


@pytest.mark.parametrize("missing", [("kubernetes",), ("namespace",), ("pod_name",), ("container_name",), ("node",)])
def test_missing_metadata_is_taken_from_the_file_s_path(missing):
    """Broken: a line of a pod that is gone already has an empty namespace, and is dropped."""
    key = key_of(source_line("m", **dict.fromkeys(missing)))
    assert (key.tenant_id, key.pod_name) == ("ns", "api-7d9c8b6f5-x2k4q")


def test_even_without_metadata_and_path_there_is_a_key():
    """Broken: an event would be dropped because nothing is known of it."""
    names = ("kubernetes", "namespace", "pod_name", "container_name", "file")
    key = key_of(source_line("m", **dict.fromkeys(names)))
    assert (key.tenant_id, key.application, key.pod_name) == ("unknown", "unknown", "unknown")


@pytest.mark.parametrize(
    ("labels", "owner", "application"),
    [
        ({"app.kubernetes.io/name": "a", "app": "b"}, "StatefulSet/c", "a"),
        ({"app": "b"}, "StatefulSet/c", "b"),
        ({}, "StatefulSet/c", "c"),
        ({}, "ReplicaSet/openshift-apiserver-7d9c8b6f5", "openshift-apiserver"),
        ({}, "Job/backup-29924005", "backup"),
        ({}, "Job/once", "once"),
        ({}, "Node/node-1", "api"),
        ({}, None, "api"),
    ],
)
def test_the_application_comes_from_the_first_that_names_it(labels, owner, application: str):
    """Broken: a filter by application would miss a control plane's pods."""
    assert origin(pod_labels=labels, pod_owner=owner)["application"] == application


def test_the_tenant_label_names_the_tenant():
    """Broken: logs would be kept under the namespace's name, which no delivery config knows."""
    assert origin(namespace_labels={"tenant-id": "acme"})["tenant_id"] == "acme"
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


@pytest.mark.parametrize(
    "line",
    [
        '{"namespace":"evil","tenant_id":"evil","application":"evil","pod_name":"evil","cluster_id":"evil","ts":1}',
        '{"kubernetes":{"pod_namespace":"evil"},"message":"evil","level":"evil","timestamp_source":"evil"}',
        "namespace=evil tenant_id=evil application=evil pod_name=evil cluster_id=evil",
    ],
)
def test_nothing_of_the_line_enters_the_envelope(line: str):
    """Broken: a line chooses its own tenant."""
    plain, forged = run([source_line("m"), source_line(line)])
    assert forged | {"message": "m"} == plain


def test_an_event_has_these_fields_and_no_others():
    """Broken: each event would cost more in the disk buffer, or lack what a query needs."""
    (event,) = run([source_line("I0830 11:27:01.564974       1 a.go:7] m")])
    assert sorted(event) == [
        "application", "cluster_id", "container_name", "level", "message", "namespace",
        "node", "pod_name", "stream", "tenant_id", "timestamp", "timestamp_source",
    ]  # fmt: skip


label_text = st.one_of(st.text(max_size=20), st.text("abc./-_ ={}%", max_size=300))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(label_text, label_text, label_text, label_text), min_size=30, max_size=30))
def test_any_labels_make_a_key_of_the_contract_s_form(labels):
    """Broken: some label, odd in a way nobody thought of, would make the sink drop the event."""
    agent = Agent({"CLUSTER_ID": "c1"})
    lines = [
        source_line("m", kubernetes={"pod_labels": {"app": a, "app.kubernetes.io/name": b}, "pod_owner": c, "namespace_labels": {"tenant-id": d}})
        for a, b, c, d in labels
    ]  # fmt: skip
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
