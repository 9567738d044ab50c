"""Versions of one key: what each copy is called in the customer's bucket."""

import gzip
import hashlib

import pytest

from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, CUSTOMER, KEY, World, body, notification, s3_event

COPY = "ROSA/cluster-logs/acme-corp/c-1/etcd/etcd-0/20261123-101500-6f9.json.gz"


def other_name(version_id):
    """The name of a version of other content."""
    return COPY.removesuffix(".json.gz") + f"-{hashlib.sha256(version_id.encode()).hexdigest()[:8]}.json.gz"


@pytest.fixture
def world(clients):
    world = World(clients)
    enabled = {"Status": "Enabled"}
    world.plain("s3").put_bucket_versioning(Bucket=CENTRAL, VersioningConfiguration=enabled)
    world.put_config("s3")
    return world


def write(world, data, key=KEY, **more):
    """Write a version; return its id and the notification of it."""
    answer = world.plain("s3").put_object(Bucket=CENTRAL, Key=key, Body=data, **more)
    version = answer["VersionId"]
    return version, notification(s3_event(key, eTag=answer["ETag"], versionId=version, size=len(data)))


def copied(world, key=COPY):
    return world.plain("s3").get_object(Bucket=CUSTOMER, Key=key)["Body"].read()


def test_both_versions_of_an_overwritten_object_are_delivered(world):
    """A writer could make its own lines vanish, by writing the object again before it was delivered."""
    first, second = body(), body([{"message": "another"}])
    (_, told), (version, told_again) = write(world, first), write(world, second)
    assert world.process(told)
    assert world.process(told_again)
    assert sorted(world.copies()) == sorted([COPY, other_name(version)])
    assert (copied(world), copied(world, other_name(version))) == (first, second)


def test_the_plain_name_is_the_first_delivered_versions_for_good(world):
    """A repeated delivery, or a replay in another order, would replace one version's copy by the other's."""
    first, second = body(), body([{"message": "another"}])
    (version, told), (_, told_again) = write(world, first), write(world, second)
    for message in (told_again, told, told_again, told):
        assert world.process(message)
    assert (copied(world), copied(world, other_name(version))) == (second, first)
    assert len(world.copies()) == 2


def test_versions_of_one_content_are_one_object(world):
    """An agent's second try after a lost answer would stand twice in the customer's bucket."""
    (_, told), (_, told_again) = write(world, body()), write(world, body())
    assert world.process(told)
    assert world.process(told_again)
    assert world.copies() == [COPY]


def test_stored_checksums_tell_one_content_where_etags_differ(world):
    """With a KMS key each version has an ETag of its own: one object would become two."""
    version, _ = write(world, body(), ChecksumAlgorithm="SHA256")
    _, told = write(world, body(), ChecksumAlgorithm="SHA256")
    assert world.process(told)
    again = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", version_id=version)  # of which no ETag is known
    assert world.process(again.write())
    assert world.copies() == [COPY]
    version, told = write(world, gzip.compress(b"x"), ChecksumAlgorithm="SHA256")
    assert world.process(told)
    assert sorted(world.copies()) == sorted([COPY, other_name(version)])


def test_a_name_that_cannot_be_claimed_waits(world):
    """Without the table the second version would replace the first one's copy."""
    world.clients.faults["PutItem"] = Fault("InternalServerError", 500)
    _, told = write(world, body())
    assert world.process(told)
    assert world.copies() == []
    (message,) = world.handed_over()
    assert (message.reason, message.version_id is not None) == ("unavailable", True)


def test_each_destination_has_names_of_its_own(world):
    """A version delivered to one bucket first would lose its plain name in the other."""
    world.put_config("s3:root", bucket_prefix="")
    _, told = write(world, body())
    assert world.process(told)
    assert len(world.copies()) == 2
    assert all(key.endswith("/20261123-101500-6f9.json.gz") for key in world.copies())


def test_two_parked_versions_of_an_object_are_two_items(world):
    """The second one parked would replace the first: that version would never be delivered."""
    table = ParkedDeliveries(world.clients, "parked")
    messages = [
        DeliveryMessage(
            CENTRAL, KEY, "acme-corp", "s3", version_id=version, reason="no-such-bucket", first_attempt_at=1.0
        )
        for version in ("v1", "v2", "v1")
    ]
    for message in messages:
        table.park(parked(message), 5.0)
    found = table.of_tenant("acme-corp").deliveries
    assert [one.message.version_id for one in found] == ["v1", "v2"]
    assert all(table.claim(one, 9.0) and table.remove(one) for one in found)
    assert world.parked() == []


def parked(message):
    return ParkedDelivery.of(message, BlockedByCustomerError("no-such-bucket"), now=2.0, expires_at=None)
