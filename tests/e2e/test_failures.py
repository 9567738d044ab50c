"""What does not settle at once: siblings go on, nothing is lost, and someone can see why."""

import gzip
import json

import pytest

from ministack_fidelity.identities import unique
from tests.e2e.cloud import ACME
from tests.e2e.tenants import put_configs
from tests.e2e.traffic import (
    delivered,
    line,
    messages,
    object_of,
    objects,
    outcome,
    receive,
    records,
    send,
    until,
    without_lambda,
)

BREAKS = [
    ({"external_id": "not-this-one"}, "second-hop-denied"),
    ({"log_distribution_role_arn": f"arn:aws:iam::{ACME}:role/CustomerLogDistributionRole/gone"}, "second-hop-denied"),
    ({"log_group_name": "/not/this/one"}, "destination-denied"),
    ({"target_region": "ap-southeast-2"}, "destination-denied"),
]


@pytest.mark.parametrize(("fields", "reason"), BREAKS, ids=["external-id", "role", "group", "region"])
def test_a_broken_destination_is_handed_over_and_its_sibling_delivered(cloud, new_tenant, fields, reason):
    """A customer's mistake would lose its logs, or hold up its other destination."""
    tenant = new_tenant(configured=False)
    put_configs(cloud, {**tenant.cloudwatch, **fields}, tenant.s3)
    with without_lambda(cloud, "delivery"):
        sent = send(cloud, object_of(tenant.tenant_id, [line("event")]))
        until(lambda: objects(cloud, tenant), "the copy")
        message = receive(cloud, cloud.environment.delivery_queue_url, tenant.tenant_id)
    body = json.loads(message["Body"])
    assert (body["key"], body["type"], body["attempt"], body["reason"]) == (sent.key, "cloudwatch", 1, reason)
    assert message["Attributes"]["MessageGroupId"] == tenant.tenant_id
    record = outcome(cloud, tenant.tenant_id, "cloudwatch", "handed-over")
    assert (record["Reason"], bool(record["detail"])) == (reason, True)
    assert messages(cloud, tenant) == []


def test_a_repaired_destination_gets_what_waited_and_its_sibling_nothing_again(cloud, new_tenant):
    """A mended mistake would need someone to send everything again, or repeat what had arrived."""
    tenant = new_tenant(configured=False)
    put_configs(cloud, {**tenant.cloudwatch, "external_id": "not-this-one"}, tenant.s3)
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    outcome(cloud, tenant.tenant_id, "cloudwatch", "handed-over")
    put_configs(cloud, tenant.cloudwatch)
    assert delivered(cloud, tenant, ["event"]) == ["event"]
    outcome(cloud, tenant.tenant_id, "cloudwatch", "delivered")
    assert [record.get("type") for record in records(cloud, tenant.tenant_id)].count("s3") == 1


def test_a_forged_bucket_name_is_refused_at_the_customers_side(cloud, new_tenant):
    """One tenant's config that names another's bucket would fill it with foreign logs."""
    victim, tenant = new_tenant(), new_tenant(configured=False)
    put_configs(cloud, {**victim.s3, "tenant_id": tenant.tenant_id})
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert outcome(cloud, tenant.tenant_id, "s3", "handed-over")["Reason"] == "destination-denied"
    assert objects(cloud, victim) == {}


def test_an_unknown_tenant_is_settled_and_counted(cloud):
    """Objects of a tenant that isn't configured would come back for ever, or vanish without a trace."""
    tenant_id = unique("unknown")
    send(cloud, object_of(tenant_id, [line("event")]))
    (record,) = until(lambda: records(cloud, tenant_id), "a record of the unknown tenant")
    assert (record["message"], record["RefusedObjects"], record["Reason"]) == ("skipped", 1, "unknown-tenant")


def test_an_invalid_config_does_not_block_a_valid_one(cloud, new_tenant):
    """One mistyped item would stop all of a tenant's deliveries."""
    tenant = new_tenant()
    put_configs(cloud, {"tenant_id": tenant.tenant_id, "type": "s3", "bucket_name": "UPPER.-.BAD"})
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert delivered(cloud, tenant, ["event"]) == ["event"]
    (record,) = until(
        lambda: [found for found in records(cloud, tenant.tenant_id) if "InvalidConfigs" in found], "record"
    )
    assert (record["type"], record["Reason"]) == ("s3", "config-invalid")


BAD_BODIES = {
    "not-gzip": b'{"message":"plain text"}\n',
    "cut-gzip": gzip.compress(b"\n".join(line(f"event {number}") for number in range(2_000)))[:-40],
    "empty-object": b"",
}


@pytest.mark.parametrize(("kind", "body"), BAD_BODIES.items(), ids=BAD_BODIES)
def test_a_corrupt_object_is_in_the_dead_letter_queue_with_its_reason(cloud, new_tenant, kind, body):
    """A corrupt object would be retried for ever, or be settled without anyone knowing."""
    tenant = new_tenant(configured=False)
    put_configs(cloud, tenant.cloudwatch)
    send(cloud, object_of(tenant.tenant_id, body))
    message = receive(cloud, cloud.environment.object_dlq_url, tenant.tenant_id)
    assert message["MessageAttributes"]["reason"]["StringValue"] == kind


KEYS = {
    "key-segments": "tenant_id={}/cluster_id=demo/application=etcd/file.json.gz",
    "key-segment-empty": "tenant_id={}/cluster_id=demo/application=/pod_name=etcd-0/file.json.gz",
    "key-segment-name": "tenant_id={}/cluster_id=demo/pod_name=etcd-0/application=etcd/file.json.gz",
    "key-encoded-twice": "tenant_id={}/cluster_id%3Ddemo/application%3Detcd/pod_name%3Detcd-0/file.json.gz",
}


@pytest.mark.parametrize(("reason", "key"), KEYS.items(), ids=KEYS)
def test_a_key_of_another_form_is_settled_and_counted(cloud, new_tenant, reason, key):
    """A key that another component wrote would block the queue, or be taken for a tenant's."""
    tenant = new_tenant()
    bucket, body = cloud.environment.central_bucket, gzip.compress(line("forged"))
    cloud.client("s3").put_object(Bucket=bucket, Key=key.format(tenant.tenant_id), Body=body)
    (record,) = until(lambda: records(cloud, tenant.tenant_id), "its record")
    assert (record["message"], record["RefusedObjects"], record["Reason"]) == ("skipped", 1, reason)
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert delivered(cloud, tenant, ["event"]) == ["event"]
    assert len(until(lambda: objects(cloud, tenant), "the copy")) == 1
