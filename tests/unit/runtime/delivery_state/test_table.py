"""The table's keys, and listings in which one item can't be read."""

import json
from dataclasses import replace

import pytest

from runtime.delivery_config.attribute_values import typed
from runtime.delivery_state import table
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_state.replays import Replay, Replays
from runtime.errors import BlockedByCustomerError
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

LONG_KEY = KEY.replace("c-1", "c" * 250).replace("etcd/", "e" * 250 + "/").replace("etcd-0", "p" * 250)
LONG_KEY = LONG_KEY.replace("20261123", "f" * (1024 - len(LONG_KEY)) + "20261123")


@pytest.fixture
def world(clients):
    return World(clients)


def parked(key=KEY, type_="s3"):
    message = DeliveryMessage(CENTRAL, key, "acme-corp", type_, reason="no-such-bucket", first_attempt_at=1.0)
    return ParkedDelivery.of(message, BlockedByCustomerError("no-such-bucket"), now=2.0, expires_at=None)


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (table.parked_key, ("acme", "!replay#1", KEY)),
        (table.parked_key, ("!reconciliation", "s3", KEY)),
        (table.parked_key, ("acme", "s3#x", KEY)),
        (table.status_key, ("acme", "replay#1")),
        (table.status_key, ("acme", "")),
        (table.replay_key, ("acme", "a/b")),
        (table.replay_key, ("acme", "")),
        (table.replay_key, ("a b", "1")),
        (table.other_key, ("acme", "x y")),
        (table.version_key, ("acme#s3", "s3", KEY)),
    ],
)
def test_no_part_of_a_key_names_another_kind_of_item(make, parts):
    """A forged type would write where replays or the reconciler's notes lie, and make their listing fail for ever."""
    with pytest.raises(ValueError, match="not"):
        make(*parts)


def test_a_delivery_of_the_longest_key_can_be_parked(world):
    """DynamoDB refuses a sort key over 1,024 bytes: the delivery could never be parked, and end as a dead letter."""
    assert len(LONG_KEY.encode()) == 1024
    one = parked(LONG_KEY, "s3:" + "n" * 64)
    assert len(one.key()["delivery"].encode()) <= 1024
    states = ParkedDeliveries(world.clients, "parked")
    states.park(one, 1.0)
    assert states.of_tenant("acme-corp", type_=one.message.type).deliveries == [one]
    assert states.claim(one, 5.0)
    assert states.remove(one)


def spoil(world, key, **attributes):
    """Make one attribute of an item unreadable."""
    world.plain("dynamodb").update_item(
        TableName="parked",
        Key=dict(key),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        ExpressionAttributeNames={f"#{name}": name for name in attributes},
        ExpressionAttributeValues={f":{name}": typed(value) for name, value in attributes.items()},
    )


@pytest.mark.parametrize("message", ["nonsense", "[]", json.dumps({"kind": "logrouter.delivery"})])
def test_one_unreadable_parked_delivery_never_hides_the_others(world, message):
    """A tenant would see none of what waits, and nothing would be resumed."""
    states = ParkedDeliveries(world.clients, "parked")
    first, second = parked(), parked(KEY.replace("6f9", "7a0"))
    for one in (first, second):
        states.park(one, 1.0)
    spoil(world, first.item_key(), message=message)
    assert states.of_tenant("acme-corp").deliveries == [second]
    assert states.of_reason("no-such-bucket").deliveries == [second]
    assert states.next_in_order("acme-corp", "s3", limit=9) == [second]


@pytest.mark.parametrize("value", ["soon", True])
def test_one_unreadable_status_never_hides_the_others(world, value):
    """One bad item would make each listing of the tenant answer 500, and stop the resumption of all tenants."""
    states, statuses = ParkedDeliveries(world.clients, "parked"), DestinationStatuses(world.clients, "parked")
    for type_ in ("s3", "s3:other"):
        states.park(parked(type_=type_), 1.0)
    spoil(world, table.status_key("acme-corp", "s3"), last_failure_at=value)
    assert [one.type for one in statuses.of_tenant("acme-corp")] == ["s3:other"]
    assert [one.type for one in statuses.of_all([("acme-corp", "s3"), ("acme-corp", "s3:other")])] == ["s3:other"]
    assert [one.type for one in statuses.due(limit=1)] == ["s3:other"]
    assert statuses.of("acme-corp", "s3").parkings == 0


def test_unreadable_replays_never_hide_those_that_are_due(world):
    """As many unreadable ones as a page has would keep every other replay from being worked off."""
    replays = Replays(world.clients, "parked", lambda: 5.0)
    for number in range(3):
        bad = replays.start(Replay(Selection("acme-corp", application=f"a{number}"), 1.0))
        spoil(world, table.replay_key("acme-corp", bad.id), selection="nonsense")
    good = replays.start(replace(Replay(Selection("acme-corp"), 1.0), id="f" * 32))
    assert [one.id for one in replays.due(limit=1)] == [good.id]
    assert [one.id for one in replays.of_tenant("acme-corp", limit=1)] == [good.id]


def test_a_created_log_group_is_in_the_status(world):
    """Nobody would know that a deleted log group is back without its retention and key."""
    statuses = DestinationStatuses(world.clients, "parked", lambda: 9.0)
    statuses.succeeded("acme-corp", "cloudwatch", 1.0)
    assert statuses.of("acme-corp", "cloudwatch").log_group_created_at == 0.0
    statuses.succeeded("acme-corp", "cloudwatch", 1.0, created_log_group=True)
    assert statuses.of("acme-corp", "cloudwatch").log_group_created_at == 9.0
