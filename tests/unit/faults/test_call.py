"""What a request is about, read off the wire."""

import json

import pytest

from tests.faults.call import Call

TENANT, POD = "fr-logs-503-t000", "pod-000042"
KEY = f"tenant_id={TENANT}/cluster_id=demo/application=etcd/pod_name={POD}/file.json.gz"


def headers(service, **more):
    scope = f"AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/{service}/aws4_request, SignedHeaders=host"
    return {"Authorization": scope, **more}


def test_put_log_events_names_its_tenant_its_object_and_its_events():
    """Faults would meet another kind's calls, and doubles would be bounded by the wrong number."""
    stream = f"demo/etcd/{POD}"
    document = {"logGroupName": f"/logrouter/{TENANT}", "logStreamName": stream, "logEvents": [{}, {}]}
    target = {"X-Amz-Target": "Logs_20140328.PutLogEvents"}
    found = Call.of("POST", "/", headers("logs", **target), json.dumps(document).encode())
    assert found == Call("logs", "PutLogEvents", TENANT, POD, f"/logrouter/{TENANT}", 2)


@pytest.mark.parametrize(
    ("method", "path", "more", "action"),
    [
        ("GET", "/central/{}", {}, "GetObject"),
        ("PUT", "/bucket/{}", {"x-amz-copy-source": "central/key"}, "CopyObject"),
        ("PUT", "/bucket/{}?partNumber=1&uploadId=x", {"x-amz-copy-source": "central/key"}, "UploadPartCopy"),
        ("PUT", "/central/{}", {}, "PutObject"),
        ("GET", "/central?list-type=2&prefix={}", {}, "ListObjectsV2"),
    ],
)
def test_s3_calls_are_told_apart(method, path, more, action):
    """A fault of copies would meet reads."""
    found = Call.of(method, path.format(KEY.replace("=", "%3D")), headers("s3", **more), b"")
    assert (found.name, found.tenant, found.object) == (f"s3:{action}", TENANT, POD)


def test_a_function_is_invoked_about_the_message_at_hand():
    """Faults of the session issuer would meet every tenant, or none."""
    shown = {"session": "tenant", "pass": {"tenant_id": TENANT, "key": KEY}}
    path = "/2015-03-31/functions/SessionIssuer/invocations"
    found = Call.of("POST", path, headers("lambda"), json.dumps(shown).encode())
    assert found == Call("lambda", "Invoke", TENANT, POD)


def test_a_role_session_names_its_tenant_also_where_nothing_signs_the_request():
    """Faults of STS would meet every tenant, or the web identity's call would look like another service's."""
    body = f"Action=AssumeRole&RoleSessionName={TENANT}&Version=2011-06-15".encode()
    assert Call.of("POST", "/", headers("sts"), body) == Call("sts", "AssumeRole", TENANT)
    body = b"Action=AssumeRoleWithWebIdentity&RoleSessionName=processor"
    assert Call.of("POST", "/", {}, body) == Call("sts", "AssumeRoleWithWebIdentity")
