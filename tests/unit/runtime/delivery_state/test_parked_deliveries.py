"""The table of parked deliveries: every listing is a query, in order, and page by page."""

import json
from dataclasses import replace

import pytest

from runtime.delivery_state.parked_deliveries import ParkedDeliveries, UnreadableTokenError
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

NOW = 1_795_000_000.0


@pytest.fixture
def world(clients):
    return World(clients)


@pytest.fixture
def table(world):
    return ParkedDeliveries(world.clients, "parked")


def parked(number, *, type_="s3", tenant="acme-corp", reason="no-such-bucket", **fields):
    key = KEY.replace("6f9", f"{number:03d}").replace("acme-corp", tenant)
    message = DeliveryMessage(CENTRAL, key, tenant, type_, reason=reason, first_attempt_at=NOW + number, **fields)
    error = BlockedByCustomerError(reason, "the detail")
    return ParkedDelivery.of(message, error, now=NOW + 1000, expires_at=1_800_000_000)


def test_an_item_is_read_as_it_was_written(table):
    """What a person sees, or what is resumed, would not be what was parked."""
    one = replace(parked(1, checkpoint=7), action="s3:CopyObject", resource="s3://b", hop="DESTINATION")
    table.park(one, NOW)
    assert table.of_tenant("acme-corp").deliveries == [one]


def test_an_item_of_yesterday_is_read(table, world):
    """After an update nothing that was parked before could be seen or resumed."""
    one = parked(1)
    old = {name: value for name, value in one.write().items() if name in ("tenant_id", "delivery", "message")}
    world.plain("dynamodb").put_item(TableName="parked", Item=old)
    (found,) = table.of_tenant("acme-corp").deliveries
    assert found.message == one.message
    assert table.claim(found, NOW)
    assert table.remove(found)
    assert world.parked() == []


def test_a_message_of_another_tenant_is_not_resumed(table, world):
    """Whoever may write one tenant's items, as the outside processor may, would have another's logs handed over."""
    one, foreign = parked(1), parked(2, tenant="globex")
    world.plain("dynamodb").put_item(TableName="parked", Item={**one.write(), "message": foreign.write()["message"]})
    assert table.of_tenant("acme-corp").deliveries == []


def test_every_listing_is_a_query(table, world):
    """A listing would read, and pay for, every tenant's parked deliveries."""
    for number in range(4):
        table.park(parked(number, type_="s3" if number % 2 else "s3:eu", reason="a" if number < 3 else "b"), NOW)
    table.park(parked(9, tenant="globex", reason="a"), NOW)

    def numbers(found):
        return [int(one.message.first_attempt_at - NOW) for one in found]

    assert sorted(numbers(table.of_tenant("acme-corp").deliveries)) == [0, 1, 2, 3]
    assert numbers(table.of_tenant("acme-corp", type_="s3").deliveries) == [1, 3]
    assert numbers(table.of_reason("a").deliveries) == [0, 1, 2, 9]
    assert numbers(table.next_in_order("acme-corp", "s3:eu", limit=1)) == [0]
    assert (table.count("acme-corp", "s3"), table.count("acme-corp", "s3:eu"), table.count("acme-corp", "x")) == (
        2,
        2,
        0,
    )
    assert table.has_any("globex", "s3")
    assert set(world.clients.count()) == {"TransactWriteItems", "Query"}


def test_pages_follow_each_other(table):
    """A tenant with many would see the first hundred for ever."""
    for number in range(7):
        table.park(parked(number), NOW)
    found, token = [], None
    while True:
        page = table.of_tenant("acme-corp", limit=3, next_token=token)
        found += page.deliveries
        token = page.next_token
        if token is None:
            break
    assert len({one.message.key for one in found}) == len(found) == 7


@pytest.mark.parametrize("token", ["?", "bnVsbA", "e30x", "WzFd", "eyJhIjoxfQ"])
def test_a_made_up_token_is_refused(table, token):
    """A token of someone's own making would be a query of theirs."""
    with pytest.raises(UnreadableTokenError):
        table.of_tenant("acme-corp", next_token=token)


def test_one_that_cannot_be_read_hides_no_other(table, world, caplog):
    """A single damaged item would stop the resumption of everything."""
    table.park(parked(1), NOW)
    damaged = parked(2).write() | {"message": {"S": json.dumps({"kind": "?"})}}
    world.plain("dynamodb").put_item(TableName="parked", Item=damaged)
    assert len(table.of_tenant("acme-corp").deliveries) == 1
    assert "can't be read" in caplog.text


def test_what_was_parked_anew_is_neither_claimed_nor_removed(table, world):
    """What failed again while it was resumed would be lost."""
    first = parked(1)
    table.park(first, NOW)
    table.park(parked(1), NOW)
    assert not table.claim(first, NOW)
    assert not table.remove(first)
    assert len(world.parked()) == 1
