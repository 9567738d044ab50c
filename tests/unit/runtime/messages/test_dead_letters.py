"""Messages that go to a dead-letter queue at once."""

import json

import pytest

from runtime.messages.dead_letters import DeadLetters
from runtime.messages.notifications import read_notification
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

SOURCE = StoredObject(CENTRAL, ObjectKey.parse(KEY), "abc", None, 7)


@pytest.fixture
def world(clients):
    return World(clients)


def dead_letters(world):
    return DeadLetters(world.clients, world.queues["objects-dlq"], world.queues["deliveries-dlq"])


def test_a_corrupt_object_is_sent_as_a_notification_of_itself(world):
    """A redrive would deliver the message's other objects again."""
    assert dead_letters(world).corrupt_object(SOURCE, "not-gzip", "no gzip header")
    (message,) = world.messages("objects-dlq")
    (created,) = read_notification(json.loads(message.body)).created
    assert (created.bucket, created.object_key().key, created.etag, created.size) == (CENTRAL, KEY, "abc", 7)
    values = {name: each["StringValue"] for name, each in message.message_attributes.items()}
    assert values == {"reason": "not-gzip", "detail": "no gzip header"}
    assert message.group_id == "acme-corp"


@pytest.mark.parametrize(("delivery", "queue"), [(False, "objects-dlq"), (True, "deliveries-dlq")])
def test_an_unreadable_message_is_sent_as_it_came(world, delivery, queue):
    """Somebody who looks for the cause would not see the message, or look into the wrong queue."""
    assert dead_letters(world).unreadable('{"x": 1}', "not-json", "", delivery=delivery)
    (message,) = world.messages(queue)
    assert message.body == '{"x": 1}'


def test_a_detail_is_bounded_and_printable(world):
    """SQS would refuse the attribute, and the message go round for ever."""
    assert dead_letters(world).unreadable("{}", "not-json", "a\nb\x00" + "x" * 5000)
    (message,) = world.messages("objects-dlq")
    detail = message.message_attributes["detail"]["StringValue"]
    assert detail.startswith("a?b?")
    assert len(detail) == 1024


def test_a_queue_that_is_down_is_told(world):
    """The message would be settled although it is nowhere."""
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    assert not dead_letters(world).unreadable("{}", "not-json", "")


def test_without_a_queue_the_message_stays(world):
    """A processor that was set up without the queue would drop what it can't read."""
    assert not DeadLetters(world.clients, None, None).corrupt_object(SOURCE, "not-gzip", "")
    assert not world.clients.calls
