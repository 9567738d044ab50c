"""Recorded logs into objects, by the agent's own programs."""

import gzip
import json
from datetime import UTC, datetime

from local.loader.agent import Agent, source_event
from local.loader.objects import log_objects, objects_of
from local.loader.recorded_logs import LogFile, Record
from runtime.objects.key import ObjectKey

NOW = datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC)
POD = "cri/acme_kube-apiserver-7d9c8b6f5-x2k4q_uid"
AGENT = Agent({"CLUSTER_ID": "demo", "TENANT_FROM": "namespace"})


def objects(records, container="kube-apiserver"):
    file = LogFile.of(f"{POD}/{container}/0.log")
    return list(objects_of(AGENT, [source_event(file, record) for record in records], NOW))


def test_the_key_is_the_contracts():
    """The processor would refuse every object of the demo as malformed."""
    (found,) = objects([Record("2026-11-23T13:21:40.1Z", "stdout", b"m")])
    key = ObjectKey.parse(found.key)
    assert (key.tenant_id, key.cluster_id, key.application) == ("acme", "demo", "kube-apiserver")
    assert key.pod_name == "kube-apiserver-7d9c8b6f5-x2k4q"
    assert key.filename.startswith("20261130-123456-")
    assert key.filename.endswith(".json.gz")


def test_a_separate_container_is_an_application_of_its_own():
    """No filter could choose or leave out audit logs."""
    (found,) = objects([Record("2026-11-23T13:21:40Z", "stdout", b"m")], "audit-logs")
    assert "/application=audit-logs/" in found.key


def test_the_body_is_gzipped_lines_with_stamp_and_message():
    """The processor would find no timestamp or message; quotes and control characters would break a line."""
    message = b'say "\t\x1b[0m\xff" \\'
    (found,) = objects([Record("2026-11-23T13:21:40.123456789Z", "stderr", message)] * 2)
    first, second = gzip.decompress(found.body).decode().splitlines()
    assert first == second
    line = json.loads(first)
    assert (line["timestamp"], line["message"]) == ("2026-11-23T13:21:40.123456789Z", 'say "\t\x1b[0m\ufffd" \\')


def test_a_full_object_ends_and_another_begins():
    """One object would hold all of a pod's lines, or two objects would have one key."""
    found = objects([Record("2026-11-23T13:21:40Z", "stdout", b"m")] * 1_001)
    assert [gzip.decompress(object_.body).count(b"\n") for object_ in found] == [1_000, 1]
    assert len({object_.key for object_ in found}) == 2


def test_every_record_is_in_exactly_one_object():
    """The demo would send fewer or more events than the recorded logs have."""
    found = list(log_objects(NOW))
    assert sum(gzip.decompress(object_.body).count(b"\n") for object_ in found) == 10_544
    assert len({object_.key for object_ in found}) == len(found)
    applications = {ObjectKey.parse(object_.key).application for object_ in found}
    assert applications == {"audit-logs", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
