"""By hand: everything through standard input, with the exit status that says whether it is settled."""

import io
import json

import pytest

from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor import stdin
from tests.unit.runtime.aws_world import (
    Fault,
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification, s3_event

BY_HAND = {
    "delivery_queue_url": None,
    "object_dlq_url": None,
    "delivery_dlq_url": None,
    "parked_deliveries_table": None,
    "sqs_queue_url": None,
}


@pytest.fixture
def world(clients, monkeypatch):
    return World(clients, dict(BY_HAND))


def run(world, text):
    err = io.StringIO()
    return stdin.run(world.processor(), text, err), err.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Records": [s3_event()]}),
        notification(),
        json.dumps({"Records": [{"messageId": "1", "body": notification()}]}),
        json.dumps({"Messages": [{"MessageId": "1", "Body": notification()}]}),
        DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3").write(),
    ],
)
def test_each_form_is_delivered(world, text):
    """Somebody who pastes what they see in the console would be told that it is unreadable."""
    world.put_object()
    world.put_config()
    assert run(world, text) == (0, "")
    assert len(world.copies()) == 1


def test_without_a_delivery_queue_what_is_unsettled_is_printed(world, capsys):
    """A delivery that failed by hand would look like a success."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("AccessDenied", 403)
    status, told = run(world, notification())
    assert (status, told) == (1, "message 1 of 1 is not settled; see its records above\n")
    (line,) = emf(capsys)
    assert (line["Outcome"], line["Reason"], line["type"], line["object"]) == (
        "returned",
        "destination-denied",
        "s3",
        KEY,
    )


def test_with_a_delivery_queue_it_is_handed_over(world):
    """A person's trial would lose what the queue could have kept."""
    world.options["delivery_queue_url"] = world.queues["deliveries"]
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("AccessDenied", 403)
    assert run(world, notification())[0] == 0
    assert len(world.handed_over()) == 1


@pytest.mark.parametrize("text", ["", "rubbish", "{}", "[]"])
def test_rubbish_is_no_success(world, text):
    """A typing error would look like a delivery."""
    status, told = run(world, text)
    assert status == 1
    assert told


def test_each_of_several_messages_is_processed(world):
    """The first failure would hide the rest."""
    world.put_object()
    world.put_config()
    status, told = run(world, json.dumps({"Messages": [{"Body": "rubbish"}, {"Body": notification()}]}))
    assert status == 1
    assert told == "message 1 of 2 is not settled; see its records above\n"
    assert len(world.copies()) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"CopyObject": Fault("SlowDown", 503)}, 1),
        ({"CopyObject": Fault("NoSuchKey", 404)}, 0),
        ({"AssumeRole": Fault("AccessDenied", 403)}, 1),
        ({"Query": Fault("InternalServerError", 500)}, 1),
    ],
)
def test_every_failure_class_has_its_status(world, fault, status):
    """A script could not tell whether something is left to do."""
    world.put_object()
    world.put_config()
    world.clients.faults.update(fault)
    assert run(world, notification())[0] == status


def test_a_test_event_is_silent(world, capsys):
    """S3's own test event would be an error."""
    assert run(world, '{"Event": "s3:TestEvent"}') == (0, "")
    assert emf(capsys) == []
