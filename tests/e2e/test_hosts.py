"""The same object through each host: the function, the poller, a person's shell."""

import io
import json
import re
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest

from local.paths import ROOT
from ministack_fidelity.identities import unique
from tests.e2e.cloud import Cloud
from tests.e2e.traffic import (
    HEARTBEAT,
    HOST,
    delivered,
    host_environment,
    line,
    messages,
    notification,
    object_of,
    send,
    settled,
    until,
    without_lambda,
)

EQUAL_TIMES = '{"timestamp":"%s","message":"%d"}'


@pytest.fixture
def lines():
    """Events whose order is easily lost: two of each time, times that go back, text of several kinds."""
    first = json.loads(line(""))["timestamp"]
    second = first.replace("Z", "1Z")
    stamped = [(EQUAL_TIMES % (stamp, number)).encode() for number, stamp in enumerate([second, first] * 20)]
    return [*stamped, line("é\U0001f600\t\"'\\ \x1b[0m"), line('{"b": 1, "a": 9007199254740993}'), b"no JSON at all"]


def clear(cloud: Cloud, tenant) -> None:
    """Empty a tenant's log group."""
    logs, group = cloud.client("logs", tenant.account), tenant.cloudwatch["log_group_name"]
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        logs.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])


def test_every_host_gives_the_same_events_in_the_same_order(cloud, new_tenant, lines, tmp_path):
    """Whoever moves from one host to another would get other logs."""
    tenant = new_tenant()
    object_ = send(cloud, object_of(tenant.tenant_id, lines))
    by_lambda = delivered(cloud, tenant, lines)
    assert len(by_lambda) == len(lines)

    clear(cloud, tenant)
    environment = host_environment(cloud, tmp_path)
    with without_lambda(cloud, "object"):
        cloud.client("sqs").send_message(
            QueueUrl=cloud.environment.object_queue_url, MessageBody=notification(cloud, object_)
        )
        poller = subprocess.Popen([*HOST, "--mode", "sqs"], env=environment, cwd=tmp_path)
        try:
            by_poller = delivered(cloud, tenant, lines)
            settled(cloud)
            poller.send_signal(signal.SIGTERM)
            assert poller.wait(30) == 0
        finally:
            poller.kill()
            poller.wait()

    clear(cloud, tenant)
    by_hand = subprocess.run(
        [*HOST, "--mode", "stdin"],
        input=notification(cloud, object_).encode(),
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert by_hand.returncode == 0
    assert messages(cloud, tenant) == by_lambda == by_poller


def test_by_hand_what_does_not_settle_is_a_status_of_1(cloud, new_tenant, tmp_path):
    """A script that delivers an object by hand would believe it arrived."""
    tenant = new_tenant()
    object_ = send(cloud, object_of(tenant.tenant_id, [line("event")]))
    delivered(cloud, tenant, ["event"])
    cloud.client("logs", tenant.account).delete_log_group(logGroupName=tenant.cloudwatch["log_group_name"])
    role = tenant.cloudwatch["log_distribution_role_arn"].rsplit("/", 1)[-1]
    iam = cloud.client("iam", tenant.account)
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    environment = host_environment(cloud, tmp_path)
    del environment["DELIVERY_QUEUE_URL"]
    done = subprocess.run(
        [*HOST, "--mode", "stdin"],
        input=notification(cloud, object_),
        env=environment,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "cloudwatch" in done.stdout + done.stderr


def test_two_processors_at_once_deliver_everything_once(cloud, new_tenant, tmp_path):
    """A poller beside the function, or a deployment that rolls over, would lose or repeat objects."""
    tenant = new_tenant()
    expected = [f"object {number}" for number in range(30)]
    poller = subprocess.Popen([*HOST, "--mode", "sqs"], env=host_environment(cloud, tmp_path), cwd=tmp_path)
    try:
        until((tmp_path / HEARTBEAT).exists, "the poller to poll")
        for text in expected:
            send(cloud, object_of(tenant.tenant_id, [line(text)], pod=f"etcd-{text[-1]}"))
        assert sorted(delivered(cloud, tenant, expected)) == sorted(expected)
        until(lambda: len(list(objects_of(cloud, tenant))) == len(expected), "all copies")
        poller.send_signal(signal.SIGTERM)
        assert poller.wait(30) == 0
    finally:
        poller.kill()
        poller.wait()
    settled(cloud)
    assert sorted(messages(cloud, tenant)) == sorted(expected)


def objects_of(cloud, tenant):
    """Return the keys in the tenant's bucket."""
    bucket = tenant.s3["bucket_name"]
    found = cloud.client("s3", tenant.account).list_objects_v2(Bucket=bucket).get("Contents", [])
    return [item["Key"] for item in found]


PROBE = """
import botocore, sys

def handler(event, context):
    return {"file": botocore.__file__, "version": botocore.__version__, "path": sys.path}
"""


def test_the_function_runs_the_sdk_of_its_own_zip(cloud):
    """The embedded cloud would try the emulator's SDK instead of the one that is deployed."""
    bundles = {file.parents[1] for file in (cloud.home / "cdk.out").glob("asset.*/runtime/processor")}
    others = ("runtime/api", "confluent_kafka")  # of the API, and of the outside processor
    (asset,) = (bundle for bundle in bundles if not any((bundle / name).exists() for name in others))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("probe.py", PROBE)
        for file in asset.rglob("*"):
            zipped.write(file, file.relative_to(asset))
    client, name = cloud.client("lambda"), unique("probe")
    role = cloud.outputs["ProcessorExecutionRoleArn"]
    code = {"ZipFile": archive.getvalue()}
    client.create_function(FunctionName=name, Runtime="python3.13", Handler="probe.handler", Role=role, Code=code)
    answer = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    pinned = re.search(r"^botocore==(\S+)", (ROOT / "runtime/processor/requirements.txt").read_text(), re.MULTILINE)
    assert answer["version"] == pinned[1]
    assert "site-packages" not in answer["file"]
    assert str(ROOT) not in [folder for folder in answer["path"] if (Path(folder) / "runtime").is_dir()]
