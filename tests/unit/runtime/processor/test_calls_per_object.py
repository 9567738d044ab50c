"""What an object costs: calls by action on the happy path."""

from collections import Counter

import pytest

from tests.unit.runtime.aws_world import (
    REGION,
    count_sent,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import KEY, World, notification, s3_event

OBJECTS = 20
EACH_OBJECT = {"s3": {"CopyObject": 1}, "cloudwatch": {"GetObject": 1, "PutLogEvents": 1}}


@pytest.fixture
def world(clients):
    return World(clients)


@pytest.mark.parametrize("type_", EACH_OBJECT)
def test_an_object_costs_its_delivery_and_nothing_more(world, type_):
    """Statuses, breakers and memories would make each small object dearer."""
    world.put_config(type_)
    processor = world.processor(config_cache_seconds=60)
    sent = count_sent(world.clients, "dynamodb", "logs", "s3", "sqs", "sts")
    counts = []
    for number in range(OBJECTS):
        key = KEY.replace("6f9", f"{number:03d}")
        world.put_object(key)
        before = sent.copy()
        assert world.process(notification(s3_event(key, sequencer=f"{number:04X}")), processor)
        counts.append(sent - before)
    each = Counter({(action, REGION): count for action, count in EACH_OBJECT[type_].items()})
    assert counts[1:] == [each] * (OBJECTS - 1)
    assert counts[0]["UpdateItem", REGION] == 1  # the destination's status, once in five minutes
