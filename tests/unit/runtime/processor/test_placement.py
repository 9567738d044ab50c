"""Where a method delivers: the inside hands what delivers outside over at once, and every sender finds its queue."""

import json
from dataclasses import replace

import pytest

from runtime.deliveries.method import SEAM_VERSION
from runtime.deliveries.passes import Pass
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import HandOver, OutsideQueue, Schedule
from runtime.processor.assembly import make_processor
from tests.unit.runtime.aws_world import (
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification


class Config(DeliveryConfig):
    facts = MethodFacts("posting", "Posting", Placement.OUTSIDE, Order.NONE, reads_events=False, limits=None)
    url: str = "https://acme.example"


class Posting:
    """A method that delivers outside; it may never be asked for anything at the inside."""

    seam = SEAM_VERSION
    config_model = Config
    delivered = 0

    def __init__(self, services):
        pass

    def deliver(self, delivery, source):
        Posting.delivered += 1


class Key:
    """Stands for the key in KMS."""

    sealed = 0

    def seal(self, unsigned):
        Key.sealed += 1
        return replace(unsigned, mac="A" * 43 + "=")


@pytest.fixture
def world(clients, monkeypatch):
    made = World(clients)
    made.queues["outside"] = made.plain("sqs").create_queue(QueueName="outside")["QueueUrl"]
    Posting.delivered = Key.sealed = 0
    monkeypatch.setattr("runtime.messages.hand_over.outside_methods", lambda: frozenset({"posting"}))
    monkeypatch.setattr("runtime.messages.hand_over.PassKey", lambda clients, key_id: Key())
    return made


def inside(world, monkeypatch, **settings):
    """A processor of the inside, which knows the outside's methods by their config models alone."""
    from runtime.deliveries.s3.config import S3Config
    from runtime.deliveries.s3.delivery import S3Delivery

    monkeypatch.setattr("runtime.processor.assembly.find_methods", lambda *placements: {"s3": S3Delivery})
    monkeypatch.setattr("runtime.processor.assembly.find_config_models", lambda: {"s3": S3Config, "posting": Config})
    settings = world.settings(logrouter_placement="inside", **settings)
    return make_processor(settings, clients=world.clients)


def messages(world, queue):
    found = world.plain("sqs").receive_message(QueueUrl=world.queues[queue], MaxNumberOfMessages=10)
    return [DeliveryMessage.read(json.loads(one["Body"])) for one in found.get("Messages", ())]


def test_the_inside_hands_over_at_once_what_delivers_outside(world, monkeypatch, capsys):
    """It would connect to a customer's address, or the outside would count an attempt that nobody made."""
    world.put_object()
    world.put_config("s3")
    world.put_config("posting")
    processor = inside(world, monkeypatch, outside_queue_url=world.queues["outside"], pass_key_id="key")
    assert world.process(notification(), processor)
    (sent,) = messages(world, "outside")
    assert (sent.type, sent.attempt, sent.reason, sent.mac) == ("posting", 0, "outside", "A" * 43 + "=")
    assert sent.not_before <= sent.first_attempt_at + 1
    assert (messages(world, "deliveries"), Posting.delivered) == ([], 0)
    ended = {one["type"]: (one["Outcome"], one["attempts"]) for one in emf(capsys) if one.get("message") == "delivery"}
    assert ended == {"s3": ("delivered", 1), "posting": ("handed-over", 0)}


def test_what_waits_for_a_placement_is_moved_when_that_is_set_up(world, monkeypatch):
    """It would wait until it is parked, and for a person, although everything is there by now."""
    world.put_object()
    world.put_config("posting")
    old = DeliveryMessage(
        CENTRAL, KEY, "acme-corp", "posting", attempt=7, first_attempt_at=1.0, reason="method-not-here"
    )
    processor = inside(world, monkeypatch, outside_queue_url=world.queues["outside"])
    assert world.process(old.write(), processor)
    (sent,) = messages(world, "outside")
    assert (sent.attempt, sent.first_attempt_at, sent.mac) == (7, 1.0, "")


def test_without_an_outside_queue_the_delivery_waits(world, monkeypatch, capsys):
    """A tenant's log would be dropped, or sent by a processor that may not connect to it."""
    world.put_object()
    world.put_config("posting")
    assert world.process(notification(), inside(world, monkeypatch))
    (ended,) = [one for one in emf(capsys) if one.get("message") == "delivery"]
    assert (ended["Outcome"], ended["Reason"]) == ("handed-over", "method-not-here")
    assert (messages(world, "outside"), Posting.delivered) == ([], 0)


def test_the_outside_delivers_and_keeps_what_waits_in_its_own_queue(world, monkeypatch):
    """Its next attempts would come back to the inside, which sends them out again."""
    world.put_object()
    world.put_config("posting")
    processor = world.processor(methods={"posting": Posting}, logrouter_placement="outside")
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "posting")
    assert world.process(message.write(), processor)
    assert Posting.delivered == 1


def test_every_sender_finds_the_queue_and_makes_a_pass_of_today(world, clients):
    """A replay, or a parked delivery that is resumed, would be refused, or go to who can't deliver it."""
    outside = OutsideQueue(world.queues["outside"], frozenset({"posting"}), Key())
    hand_over = HandOver(clients, world.queues["deliveries"], Schedule(), outside=outside)
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "posting:second")
    hand_over.send(message, at_once=True)
    (sent,) = messages(world, "outside")
    hand_over.send(sent)  # as one that was parked for longer than a pass is good for
    assert Key.sealed == 2
    assert sent.as_pass() == Pass("acme-corp", "posting:second", CENTRAL, KEY, "", "A" * 43 + "=")
    hand_over.send(replace(message, type="s3"), at_once=True)
    assert [one.type for one in messages(world, "deliveries")] == ["s3"]


def test_a_pause_that_the_destination_asks_for_is_kept(world, clients):
    """It would be tried again while it has said that it takes nothing, and may lock the tenant out."""
    hand_over = HandOver(clients, world.queues["deliveries"], Schedule(jitter=lambda: 0.0), lambda: 1000.0)
    sent = []
    clients.client("sqs").meta.events.register(
        "provide-client-params.sqs.SendMessage", lambda params, **_: sent.append(params)
    )
    hand_over.send(DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3"), retry_after=600)
    assert json.loads(sent[0]["MessageBody"])["not_before"] == 1600.0
    assert sent[0]["DelaySeconds"] == 600
