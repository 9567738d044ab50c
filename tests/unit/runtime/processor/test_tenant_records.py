"""What a tenant's record does to its deliveries: nothing is tried that it doesn't allow, and nothing is lost."""

from dataclasses import replace

import pytest

from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    CUSTOMER_ACCOUNT,
    Fault,
    no_pauses,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, CUSTOMER, KEY, World, notification

OTHER = "999999999999"
HELD = {
    "tenant-suspended": {"state": "suspended"},
    "account-not-allowed": {"accounts": (OTHER,)},
    "region-not-allowed": {"allowed_regions": ("eu-central-1",)},
}
UNREADABLE = {
    "no record": (None, 1),
    "an older one": ({"version": 1}, 2),
    "a spoilt one": ({"state": "gone"}, None),
}


@pytest.fixture
def world(clients, monkeypatch):
    """A tenant with a CloudWatch config, and one object."""
    no_pauses(monkeypatch)
    made = World(clients)
    made.put_object()
    made.put_config("cloudwatch")
    return made


def parked(world):
    return [(item["type"]["S"], item["reason"]["S"]) for item in world.parked()]


def waiting(**changes):
    """A delivery message of the object."""
    return replace(DeliveryMessage(bucket=CENTRAL, key=KEY, tenant_id="acme-corp", type="cloudwatch"), **changes)


@pytest.mark.parametrize("reason", HELD)
def test_what_the_record_forbids_is_parked_untried(world, reason):
    """A suspended tenant's logs would go on, or go to an account or a Region that isn't the tenant's; or be lost."""
    world.put_record(**HELD[reason])
    assert world.process(notification())
    assert parked(world) == [("cloudwatch", reason)]
    assert world.streams() == {}
    calls = world.clients.count()
    assert (calls["AssumeRole"], calls["PutLogEvents"]) == (1, 0)  # for the object's time of expiry


@pytest.mark.parametrize("reason", HELD)
def test_what_waits_is_parked_too_and_delivered_when_it_is_allowed(world, reason):
    """A delivery that waited would get by, or be lost on the way."""
    world.put_record(**HELD[reason])
    message = waiting(attempt=2).write()
    assert world.process(message)
    assert parked(world) == [("cloudwatch", reason)]
    world.put_record(version=2, accounts=(CUSTOMER_ACCOUNT,), allowed_regions=("us-east-1", "eu-west-1"))
    assert world.process(message)
    assert len(world.streams()) == 1


def test_only_the_config_that_is_forbidden_is_held_back(world):
    """One wrong config would hold up the tenant's others."""
    world.put_config("s3", bucket_owner=CUSTOMER_ACCOUNT)
    world.put_config("cloudwatch", target_region="ap-south-1")
    world.put_record(allowed_regions=("us-east-1", "eu-west-1"))
    assert world.process(notification())
    assert parked(world) == [("cloudwatch", "region-not-allowed")]
    assert world.plain("s3").list_objects_v2(Bucket=CUSTOMER)["KeyCount"] == 1


@pytest.mark.parametrize("what", UNREADABLE)
def test_without_a_record_that_is_new_enough_it_waits(world, what):
    """The defaults would let through what the record forbids."""
    record, demanded = UNREADABLE[what]
    if record is not None:
        world.put_record(**record)
    if demanded is not None:
        world.put_config("cloudwatch", tenant_version=demanded)
    assert world.process(notification())
    assert [message.reason for message in world.handed_over()] == ["tenant-not-readable"]
    assert (world.streams(), parked(world)) == ({}, [])


def test_a_table_of_tenants_that_is_down_is_an_outage(world):
    """No answer would be read as "no record", or the message would use up its receives."""
    world.clients.faults["GetItem"] = Fault("InternalServerError", 500)
    assert world.process(notification())
    assert world.put_off() == [1]
    assert (world.streams(), parked(world)) == ({}, [])


def test_a_host_without_the_table_waits_for_what_demands_a_record(world):
    """A poller of yesterday's environment would deliver what the record forbids."""
    world.put_record(state="suspended")
    world.put_config("cloudwatch", tenant_version=1)
    assert world.process(notification(), world.processor(tenants_table=None))
    assert [message.reason for message in world.handed_over()] == ["tenant-not-readable"]


def test_a_leaving_tenants_waiting_deliveries_finish_and_new_ones_are_counted(world, capsys):
    """What had waited would be lost when a tenant leaves, or it would never end."""
    world.put_record(state="leaving")
    assert world.process(notification())
    assert '"Reason":"tenant-leaving"' in capsys.readouterr().out
    assert (world.streams(), parked(world), world.handed_over()) == ({}, [], [])
    assert world.process(waiting(attempt=1).write())
    assert len(world.streams()) == 1


def test_another_cluster_s_object_isnt_delivered(world, capsys):
    """A cluster that forges a tenant's key would write into the tenant's destinations."""
    world.put_record(cluster_ids=("c-2",))
    assert world.process(notification())
    assert '"Reason":"cluster-not-of-tenant"' in capsys.readouterr().out
    assert world.streams() == {}
    world.put_record(cluster_ids=("c-1", "c-2"))
    assert world.process(notification())
    assert len(world.streams()) == 1
