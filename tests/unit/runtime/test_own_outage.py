"""An outage of our own table, however long: no message is received often, and all of it heals without a person."""

import pytest

from tests.unit.runtime.delivery_model import BATCHES, TYPES, Outside, new_process, notification, receive

MINUTES = 40
OBJECTS = 20
MOST_RECEIVES = 2  # a queue's own limit is 5 for objects, 20 for deliveries


@pytest.mark.parametrize("down", [{"configs"}, {"configs", "table"}])
def test_an_outage_of_forty_minutes_heals_without_a_person(down):
    """Ten minutes without DynamoDB would put every object into the dead-letter queue, until a person redrives it."""
    outside = Outside()
    process = new_process(outside)
    expected = set()
    for number in range(OBJECTS):
        key, body = notification(number)
        outside.put(body)
        expected |= {(key, type_, batch) for type_ in TYPES for batch in range(BATCHES)}
    receives: dict[int, int] = {}

    def work_for(minutes):
        until = outside.now + minutes * 60
        while outside.now < until:
            for message in outside.visible():
                receives[message.number] = receives.get(message.number, 0) + 1
                assert receive(outside, process, message)
            outside.now += 5

    outside.down |= down
    work_for(MINUTES)
    assert not process.is_ready()
    assert max(receives.values()) <= MOST_RECEIVES
    assert not outside.acknowledged
    outside.down.clear()
    work_for(15)
    assert process.is_ready()
    assert max(receives.values()) <= MOST_RECEIVES
    assert outside.acknowledged == dict.fromkeys(expected, 1)
    assert not [message for message in outside.messages if not message.gone]
