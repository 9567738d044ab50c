"""``logrouter assign``: a namespace's logs without a tenant reach the tenant's key, whole, and no other's do."""

from types import SimpleNamespace

import pytest
import typer

from cli.assign_command import move, waiting
from runtime.objects.key import UNLABELLED, ObjectKey
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, World

NAME = "20261123-101500-6f9.json.gz"


def key(namespace, cluster="c-1", tenant=UNLABELLED):
    return f"tenant_id={tenant}/cluster_id={cluster}/application=etcd/pod_name={namespace}_etcd-0/{NAME}"


@pytest.fixture
def world(clients):
    world = World(clients)
    for each in (key("ns"), key("ns", "c-2"), key("ns-2"), key("ns", tenant="other")):
        world.put_object(each)
    return world


@pytest.fixture
def installation(world):
    return SimpleNamespace(clients=world.clients, outputs={"CentralBucketName": CENTRAL})


def keys(world):
    return {entry["Key"] for entry in world.plain("s3").list_objects_v2(Bucket=CENTRAL)["Contents"]}


def test_what_waits_is_listed_by_cluster_and_namespace(installation):
    """An operator couldn't tell whose logs wait."""
    assert waiting(installation) == {("c-1", "ns"): 1, ("c-2", "ns"): 1, ("c-1", "ns-2"): 1}


def test_a_namespace_s_objects_move_to_its_tenant_and_no_others(world, installation):
    """A tenant would get another namespace's logs, or its own stay behind."""
    before = world.plain("s3").get_object(Bucket=CENTRAL, Key=key("ns"))["Body"].read()
    assert move(installation, "ns", "acme", "c-1") == 1
    assert keys(world) == {
        key("ns", tenant="acme"),
        key("ns", "c-2"),
        key("ns-2"),
        key("ns", tenant="other"),
    }
    copied = world.plain("s3").get_object(Bucket=CENTRAL, Key=key("ns", tenant="acme"))["Body"].read()
    assert copied == before
    assert ObjectKey.parse(key("ns", tenant="acme")).pod_name == "ns_etcd-0"
    assert move(installation, "ns", "acme") == 1
    assert move(installation, "ns", "acme") == 0


@pytest.mark.parametrize("tenant", [UNLABELLED, "", "a/b", "../x"])
def test_an_id_that_no_tenant_can_have_is_refused(world, installation, tenant):
    """Objects would move under a key that the processor refuses, or in a circle."""
    before = keys(world)
    with pytest.raises(typer.BadParameter):
        move(installation, "ns", tenant)
    assert keys(world) == before
