"""Records into objects as the agent writes them."""

import gzip
import json
from datetime import UTC, datetime

from local.loader.objects import log_object, log_objects
from local.loader.recorded_logs import LogFile, Record
from runtime.objects.key import ObjectKey

FILE = LogFile.of("cri/acme_kube-apiserver-7d9c8b6f5-x2k4q_uid/kube-apiserver/0.log")
AUDIT = LogFile.of("cri/acme_kube-apiserver-7d9c8b6f5-x2k4q_uid/audit-logs/0.log")


def test_the_key_is_the_contracts():
    """The processor would refuse every object of the demo as malformed."""
    key = ObjectKey.parse(log_object(FILE, [Record("2026-11-23T13:21:40.1Z", "stdout", b"m")]).key)
    assert (key.tenant_id, key.cluster_id, key.application) == ("acme", "demo", "kube-apiserver")
    assert key.pod_name == "kube-apiserver-7d9c8b6f5-x2k4q"
    assert key.filename.startswith("20261123-132140-")
    assert key.filename.endswith(".json.gz")


def test_a_separate_container_is_an_application_of_its_own():
    """No filter could choose or leave out audit logs."""
    assert "/application=audit-logs/" in log_object(AUDIT, [Record("2026-11-23T13:21:40Z", "stdout", b"m")]).key


def test_the_body_is_gzipped_lines_with_stamp_and_message():
    """The processor would find no timestamp or message; quotes and control characters would break a line."""
    message = b'say "\t\x1b[0m\xff" \\'
    body = log_object(FILE, [Record("2026-11-23T13:21:40.123456789Z", "stderr", message)] * 2).body
    first, second = gzip.decompress(body).decode().splitlines()
    assert first == second
    line = json.loads(first)
    assert (line["timestamp"], line["message"]) == ("2026-11-23T13:21:40.123456789Z", 'say "\t\x1b[0m�" \\')


def test_every_record_is_in_exactly_one_object():
    """The demo would send fewer or more events than the recorded logs have."""
    objects = list(log_objects(datetime(2026, 11, 30, tzinfo=UTC)))
    assert sum(gzip.decompress(object_.body).count(b"\n") for object_ in objects) == 10_544
    assert len({object_.key for object_ in objects}) == len(objects)
    applications = {ObjectKey.parse(object_.key).application for object_ in objects}
    assert applications == {"audit-logs", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
