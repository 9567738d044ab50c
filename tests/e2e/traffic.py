"""Objects into the deployed system, and what comes out of it."""

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from cli.operation.queues import depth
from local import cluster
from local.accounting.destinations import bucket_objects, log_group_events
from local.loader.objects import LogObject
from local.loader.writer import put_object, web_identity_token
from local.paths import ROOT
from local.waiting import wait_until
from ministack_fidelity.identities import unique
from tests.e2e.cloud import Cloud
from tests.e2e.tenants import Tenant

SECONDS = 60.0
"""How long anything may take: a cold start, two hops, and the emulator's own pollers."""


def line(message: str, *, age: timedelta = timedelta(minutes=5), **more: Any) -> bytes:
    """Return one event as the agent writes it, ``age`` old."""
    stamp = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"timestamp": stamp, "message": message, **more}).encode()


def object_of(
    tenant_id: str, lines: Iterable[bytes] | bytes, *, application: str = "etcd", pod: str = "etcd-0"
) -> LogObject:
    """Return an object of these lines; bytes are taken as the whole body."""
    body = lines if isinstance(lines, bytes) else gzip.compress(b"".join(each + b"\n" for each in lines))
    name = f"20261123-120000-{unique('file')}.json.gz"
    key = f"tenant_id={tenant_id}/cluster_id={cluster.CLUSTER_ID}/application={application}/pod_name={pod}/{name}"
    return LogObject(key, body)


def send(cloud: Cloud, object_: LogObject) -> LogObject:
    """Write an object as the agent, so that its notification goes the whole way."""
    put_object(cloud.client("s3", cloud.writer), cloud.environment.central_bucket, object_)
    return object_


def messages(cloud: Cloud, tenant: Tenant, config: dict[str, Any] | None = None) -> list[str]:
    """Return the messages in a tenant's log group, in CloudWatch's order."""
    logs = cloud.client("logs", tenant.account, region=tenant.region)
    return [event.message for event in log_group_events(logs, (config or tenant.cloudwatch)["log_group_name"])]


def objects(cloud: Cloud, tenant: Tenant, config: dict[str, Any] | None = None) -> dict[str, bytes]:
    """Return the objects of a tenant's bucket, by key."""
    config = config or tenant.s3
    s3 = cloud.client("s3", tenant.account, region=tenant.region)
    return bucket_objects(s3, config["bucket_name"], config["bucket_prefix"])


def until[T](condition: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """Wait for something to be seen."""
    return wait_until(condition, what=what, timeout_seconds=seconds, interval_seconds=0.1)


def delivered(cloud: Cloud, tenant: Tenant, expected: list[str]) -> list[str]:
    """Wait until a tenant's log group has as many messages as expected, and return them."""
    return until(
        lambda: found if len(found := messages(cloud, tenant)) >= len(expected) else None,
        f"{len(expected)} events of {tenant.tenant_id}",
    )


def settled(cloud: Cloud) -> None:
    """Wait until the object queue is empty: a message is deleted when all its deliveries are done with."""
    sqs, url = cloud.client("sqs"), cloud.environment.object_queue_url
    until(lambda: depth(sqs, url).total == 0, "an empty object queue")


def records(cloud: Cloud, mark: str) -> list[dict[str, Any]]:
    """Return the records about ``mark`` (a tenant, an object's key) that the function has written to its log so far."""
    lines = log_group_events(cloud.client("logs"), cloud.outputs["ProcessorLogGroupName"])
    return [json.loads(line.message) for line in lines if line.message.startswith('{"_aws"') and mark in line.message]


def outcome(cloud: Cloud, tenant_id: str, type_: str, outcome: str) -> dict[str, Any]:
    """Wait for a delivery's record with this outcome, and return it."""
    return until(
        lambda: next(
            (
                record
                for record in records(cloud, tenant_id)
                if record.get("type") == type_ and record.get("Outcome") == outcome
            ),
            None,
        ),
        f"{type_} of {tenant_id} to be {outcome}",
    )


@contextmanager
def without_lambda(cloud: Cloud, *queues: str):
    """Keep the function away from queues (``object``, ``delivery``), so that the test can read them itself."""
    client = cloud.client("lambda")
    name = cloud.environment.processor_function_name
    urls = [getattr(cloud.environment, f"{queue}_queue_url") for queue in queues]
    names = {url.rsplit("/", 1)[-1] for url in urls}
    mappings = [
        mapping
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        if mapping["EventSourceArn"].rsplit(":", 1)[-1] in names
    ]
    assert len(mappings) == len(names)

    def switch(*, on: bool) -> None:
        wanted = "Enabled" if on else "Disabled"
        ids = [mapping["UUID"] for mapping in mappings]
        for uuid in ids:
            client.update_event_source_mapping(UUID=uuid, Enabled=on)
        until(
            lambda: all(client.get_event_source_mapping(UUID=uuid)["State"] == wanted for uuid in ids),
            f"the event sources to be {wanted}",
        )

    switch(on=False)
    try:
        yield
    finally:
        switch(on=True)


def receive(cloud: Cloud, url: str, mark: str) -> dict[str, Any]:
    """Wait for a message whose body holds ``mark``, take it off the queue and return it; others are put back."""
    sqs = cloud.client("sqs")

    def find() -> dict[str, Any] | None:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        wanted = None
        for message in answer.get("Messages", []):
            if wanted is None and mark in message["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                wanted = message
            else:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        return wanted

    return until(find, f"a message about {mark}")


def notification(cloud: Cloud, object_: LogObject) -> str:
    """Return the S3 event notification of an object, as S3 writes it."""
    head = cloud.client("s3").head_object(Bucket=cloud.environment.central_bucket, Key=object_.key)
    entity = {"key": quote_plus(object_.key, safe="/"), "size": head["ContentLength"], "eTag": head["ETag"].strip('"')}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": cloud.environment.region,
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": cloud.environment.central_bucket}, "object": entity},
    }
    return json.dumps({"Records": [record]})


def host_environment(cloud: Cloud, folder: Any) -> dict[str, str]:
    """Return the environment of a processor on Kubernetes: its stack's variables, and the service account's token."""
    token = folder / "token"
    token.write_text(web_identity_token(cluster.ISSUER, cluster.subject(cluster.POLLER)))
    return {
        **json.loads(cloud.outputs["PollerEnvironment"]),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_ENDPOINT_URL": cloud.environment.endpoint_url,
        "AWS_ROLE_ARN": cloud.outputs["ProcessorExecutionRoleArn"],
        "AWS_ROLE_SESSION_NAME": "processor",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "HEARTBEAT_FILE": str(folder / HEARTBEAT),
    }


HEARTBEAT = "heartbeat"
"""The file that a poller touches: it is there once it polls."""

HOST = (sys.executable, "-m", "runtime.processor")
"""The processor as it is started on Kubernetes and by hand."""
