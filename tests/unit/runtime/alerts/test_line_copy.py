"""Copies of lines as clusters send them, and what else may come."""

import json

import pytest

from runtime.alerts.line_copy import MAX_MESSAGE, LineCopy, MalformedCopyError

BODY = {
    "id": "00000000000000aa",
    "tenant_id": "acme-corp",
    "cluster_id": "c1",
    "application": "etcd",
    "pod_name": "etcd-0",
    "timestamp": "2025-11-30T10:53:20.123456789Z",
    "message": "m",
    "level": "error",
    "stream": "stderr",
}


def test_a_copy_is_read():
    """No alert would ever fire."""
    copy = LineCopy.parse(json.dumps(BODY))
    assert (copy.tenant_id, copy.cluster_id, copy.application, copy.pod_name) == ("acme-corp", "c1", "etcd", "etcd-0")
    assert (copy.time_ms, copy.level, copy.message) == (1_764_500_000_123, "error", "m")
    assert LineCopy.parse(json.dumps({name: value for name, value in BODY.items() if name != "level"})).level == ""
    assert len(LineCopy.parse(json.dumps(BODY | {"message": "m" * 100_000})).message) == MAX_MESSAGE


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant_id": "_unlabelled"},
        {"tenant_id": "a/b"},
        {"tenant_id": 7},
        {"cluster_id": ""},
        {"application": "a/b"},
        {"pod_name": "x" * 256},
        {"pod_name": "a\nb"},
        {"timestamp": "yesterday"},
        {"timestamp": None},
        {"id": "aa"},
        {"id": "zzzzzzzzzzzzzzzz"},
        {"message": None},
    ],
)
def test_what_no_agent_sends_is_refused(changes):
    """A cluster could have a text of its choosing in a table's key, or stop the function."""
    with pytest.raises(MalformedCopyError):
        LineCopy.parse(json.dumps(BODY | changes))


@pytest.mark.parametrize("body", ["", "[]", "{}", "7", "{", "\ud800"])
def test_what_is_no_object_is_refused(body):
    """A stray message would stop the function, and come again for ever."""
    with pytest.raises(MalformedCopyError):
        LineCopy.parse(body)
