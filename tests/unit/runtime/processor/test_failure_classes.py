"""Every class of failure (contract §5) through every host: what becomes of the message, the delivery, the object."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor import lambda_handler, sqs_poller, stdin
from runtime.processor.sqs_poller import QueuePoller, StopSignal
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification, s3_event

SLOW_DOWN, DENIED, DOWN = Fault("SlowDown", 503), Fault("AccessDenied", 403), Fault("InternalError", 500)


def again(**fields):
    """A delivery message whose schedule has just begun, or is over."""
    given = {"attempt": 3, "first_attempt_at": time.time(), **fields}
    return DeliveryMessage(CENTRAL, KEY, "acme-corp", given.pop("type", "s3"), **given).write()


def too_late():
    """A delivery message that is out of attempts."""
    return again(first_attempt_at=time.time() - 90_000)


@dataclass(frozen=True)
class Failure:
    """What fails, and what has to become of it. ``message``: made when it is needed, as its times are today's."""

    faults: dict = field(default_factory=dict)
    message: object = notification
    config: str | None = "s3"
    data: bytes | None = None
    settled: bool = True
    handed_over: int = 0
    parked: int = 0
    dead: int = 0
    put_off: int = 0


CLASSES = {
    "retryable: throttled": Failure({"CopyObject": SLOW_DOWN}, handed_over=1),
    "retryable: a connection that breaks": Failure({"CopyObject": Fault(error=ConnectionError())}, handed_over=1),
    "retryable: our own role is refused": Failure({"AssumeRole": DENIED}, handed_over=1),
    "retryable: once more": Failure({"CopyObject": SLOW_DOWN}, again, handed_over=1),
    "retryable: out of attempts": Failure({"CopyObject": SLOW_DOWN}, too_late, parked=1),
    "blocked: denied": Failure({"CopyObject": DENIED}, handed_over=1),
    "blocked: no such bucket": Failure({"CopyObject": Fault("NoSuchBucket", 404)}, handed_over=1),
    "blocked: for longer than the schedule": Failure({"CopyObject": DENIED}, too_late, parked=1),
    "blocked: the config is gone": Failure({}, again, config="s3:other", parked=1),
    "permanent: the object is gone": Failure({"CopyObject": Fault("NoSuchKey", 404)}),
    "permanent: no such tenant": Failure(config=None),
    "permanent: a foreign key": Failure(message=lambda: notification(s3_event("set-aside/of/nobody.gz"))),
    "permanent: a corrupt object": Failure(config="cloudwatch", data=b"no gzip", dead=1),
    "permanent: an unreadable message": Failure(message=lambda: "rubbish", dead=1),
    "the configs can't be read": Failure({"Query": DOWN}, put_off=1),
    "the configs can't be read once more": Failure({"Query": DOWN}, again, handed_over=1),
    "nor can it be put off": Failure({"Query": DOWN, "SendMessage": DOWN}, settled=False),
    "nor can it be handed over": Failure({"CopyObject": SLOW_DOWN, "SendMessage": DOWN}, settled=False),
    "it can't be parked": Failure({"CopyObject": SLOW_DOWN, "TransactWriteItems": DOWN}, too_late, handed_over=1),
    "nor is there a dead-letter queue": Failure({"SendMessage": DOWN}, lambda: "rubbish", settled=False),
}


def through_lambda(world, body):
    """Whether the function settles a message."""

    class Context:
        def get_remaining_time_in_millis(self):
            return 60_000

    record = {"messageId": "1", "receiptHandle": "r", "body": body}
    return lambda_handler.handler({"Records": [record]}, Context()) == {"batchItemFailures": []}


def through_the_poller(world, body):
    """Whether the poller settles a message: then it is deleted."""
    world.plain("sqs").send_message(QueueUrl=world.queues["objects"], MessageBody=body)
    poller = QueuePoller(world.processor(), world.clients, world.queues["objects"], stop=StopSignal())
    with ThreadPoolExecutor(1) as threads:
        poller.poll_once(threads)
        while poller.busy:
            poller.poll_once(threads)
    return not world.messages("objects")


def by_hand(world, body):
    """Whether the command says that a message is settled."""
    return stdin.run(world.processor(), json.dumps({"Messages": [{"Body": body}]}), io.StringIO()) == 0


@pytest.fixture
def world(clients, monkeypatch):
    made = World(clients)
    monkeypatch.setattr(lambda_handler, "processor", made.processor)
    monkeypatch.setattr(sqs_poller, "IDLE_WAIT_SECONDS", 0)
    monkeypatch.setattr(sqs_poller, "BUSY_WAIT_SECONDS", 0)
    return made


@pytest.mark.parametrize("host", [through_lambda, through_the_poller, by_hand])
@pytest.mark.parametrize("name", CLASSES)
def test_every_failure_class_ends_as_it_should(world, host, name):
    """Some failure would be lost, or repeat more than itself, on this host."""
    case = CLASSES[name]
    world.put_object(data=case.data)
    if case.config:
        world.put_config(case.config)
    world.clients.faults.update(case.faults)
    assert host(world, case.message()) is case.settled
    assert len(world.handed_over()) == case.handed_over
    assert len(world.put_off()) == case.put_off
    assert len(world.parked()) == case.parked
    assert len(world.messages("objects-dlq")) == case.dead
    assert world.messages("deliveries-dlq") == []
