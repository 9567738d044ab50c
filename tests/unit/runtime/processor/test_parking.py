"""Parking: what is kept of a delivery that is out of attempts."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from runtime.deliveries.role_chain import RoleChain
from runtime.errors import BlockedByCustomerError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor.parking import Parking, expiry_of
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

MESSAGE = DeliveryMessage(
    CENTRAL,
    KEY,
    "acme-corp",
    "s3:eu",
    checkpoint=4,
    attempt=9,
    first_attempt_at=1_795_000_000.25,
    reason="no-such-bucket",
)


@pytest.fixture
def world(clients):
    return World(clients)


def park(world, message=MESSAGE, detail="create it"):
    parking = Parking(world.clients, RoleChain(world.clients, CENTRAL_ROLE), "parked", clock=lambda: 1_795_086_400.0)
    parking.park(message, message.stored_object(), BlockedByCustomerError("no-such-bucket", detail))


def test_the_item_says_what_failed_and_how_to_go_on(world):
    """Nobody would know what to mend, or the delivery could not be resumed."""
    world.put_object()
    park(world)
    (item,) = world.parked()
    plain = {name: next(iter(value.values())) for name, value in item.items()}
    assert (plain["tenant_id"], plain["delivery"]) == ("acme-corp", f"s3:eu#{KEY}")
    assert (plain["reason"], plain["detail"]) == ("no-such-bucket", "create it")
    assert (plain["checkpoint"], plain["attempts"]) == ("4", "9")
    assert plain["first_attempt_at"] == "2026-11-18T11:06:40.250Z"
    assert plain["last_attempt_at"] == "2026-11-19T11:06:40.000Z"
    assert DeliveryMessage.read(json.loads(plain["message"])) == MESSAGE
    assert plain["next_step"].startswith("customer: create the bucket")
    assert "ttl" not in plain


def test_one_delivery_is_one_item(world):
    """A delivery parked twice would be resumed twice."""
    world.put_object()
    park(world)
    park(world, detail="again")
    (item,) = world.parked()
    assert item["detail"]["S"] == "again"


def test_the_item_expires_with_its_object(world):
    """Items of objects that are long gone would be resumed for nothing."""
    world.put_object()
    header = 'expiry-date="Fri, 21 Dec 2040 00:00:00 GMT", rule-id="all"'
    s3 = world.clients.client("s3")
    s3.meta.events.register("after-call.s3.HeadObject", lambda parsed, **_: parsed.update(Expiration=header))
    park(world)
    assert world.parked()[0]["ttl"] == {"N": str(expiry_of(header))}
    assert world.clients.calls[1][0] == "HeadObject"
    assert world.clients.calls[1][2] is not None


@pytest.mark.parametrize("operation", ["HeadObject", "AssumeRole"])
def test_an_unknown_expiry_does_not_stop_parking(world, operation):
    """The delivery would be lost because its object's expiry can't be asked for."""
    world.clients.faults[operation] = Fault("AccessDenied", 403)
    park(world)
    assert "ttl" not in world.parked()[0]


def test_a_table_that_is_down_is_told(world):
    """The message would be settled although nothing was parked."""
    world.clients.faults["TransactWriteItems"] = Fault("InternalServerError", 500)
    with pytest.raises(ClientError):
        park(world)


def test_the_item_and_the_note_of_it_are_one_write(world):
    """A process killed between the two would leave a delivery that nothing ever resumes."""
    world.put_object()
    world.clients.calls.clear()
    park(world)
    assert world.clients.count()["TransactWriteItems"] == 1
    assert not {"PutItem", "UpdateItem"} & set(world.clients.count())


@pytest.mark.parametrize(
    ("header", "expiry"),
    [
        ('expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="x"', 1_356_048_000),
        ("", None),
        ('expiry-date="soon"', None),
        ('rule-id="x"', None),
    ],
)
def test_reading_s3s_expiry(header, expiry):
    """An answer of another form would stop the parking."""
    assert expiry_of(header) == expiry


def test_the_destination_is_looked_after(world):
    """Nothing would ever try a parked delivery again."""
    world.put_object()
    park(world)
    park(world)
    status = world.status("s3:eu")
    assert (status.due_at, status.parkings) == (1_795_086_460.0, 2)


def test_a_probe_that_is_parked_again_is_none_any_longer(world):
    """A delivery would be tried once and parked for ever after, even when its destination works."""
    park(world, replace(MESSAGE, probe=True, resumptions=3))
    (item,) = world.parked()
    assert DeliveryMessage.read(json.loads(item["message"]["S"])) == replace(MESSAGE, resumptions=3)
