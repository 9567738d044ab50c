"""The outside processor's pipeline: everything for a message is done as its tenant, nothing without a session."""

import json
import time
from contextlib import contextmanager

import pytest

from runtime.aws.credentials import Credentials, current_credentials, use_credentials
from runtime.deliveries.issued_sessions import PASS_REFUSED
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import RetryableError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor import assembly
from tests.unit.runtime.aws_world import (
    CENTRAL_ACCOUNT,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification

MAC = "A" * 43 + "="
SESSION = Credentials("ASIATENANT", "secret", "token", float("inf"))


class Config(DeliveryConfig):
    facts = MethodFacts("sending", "Sending", Placement.OUTSIDE, Order.NONE, reads_events=True, limits=None)


class Sending:
    """A method that notes as whom it sends."""

    config_model = Config
    signers = ()

    def __init__(self, services):
        pass

    def deliver(self, delivery, source):
        Sending.signers.append(current_credentials())
        list(source.batches(0))


class Failing(Sending):
    """A method whose destination is down."""

    def deliver(self, delivery, source):
        raise RetryableError("unavailable", "down")


class Sessions:
    """Gives every tenant a session, unless a test says otherwise."""

    partition, central_account_id = "aws", CENTRAL_ACCOUNT
    error = None

    def __init__(self, *_, **__):
        self.shown = []

    @contextmanager
    def acting_for(self, shown):
        self.shown.append(shown)
        if Sessions.error:
            raise Sessions.error
        with use_credentials(SESSION):
            yield

    def central(self, tenant_id, policy):
        return SESSION

    def invalidate(self, credentials):
        """Nothing is kept."""


@pytest.fixture
def world(clients, monkeypatch):
    monkeypatch.setattr(assembly, "IssuedSessions", Sessions)
    monkeypatch.setattr(Sessions, "error", None)
    monkeypatch.setattr(Sending, "signers", [])
    made = World(clients)
    made.put_object()
    made.put_config("sending")
    return made


def processor(world, **changes):
    return world.processor({"sending": Sending}, session_issuer="issuer", object_dlq_url=None, **changes)


def message(**changes):
    return DeliveryMessage(
        CENTRAL, KEY, "acme-corp", "sending", first_attempt_at=time.time(), mac=MAC, **changes
    ).write()


def signers(clients, *operations):
    return {signer for name, _, signer in clients.calls if name in operations}


def test_a_delivery_is_made_as_its_tenant(world, clients):
    """The outside's own role would need rights on every tenant's objects, configs and state."""
    assert world.process(message(), processor(world))
    assert Sending.signers == [SESSION]
    assert signers(clients, "Query", "GetObject", "UpdateItem") == {SESSION.access_key}
    assert "AssumeRole" not in clients.count()


def test_queues_are_the_processes_own(world, clients):
    """A tenant's session may send to no queue: what doesn't settle would come back again and again."""
    assert world.process(message(), world.processor({"sending": Failing}, session_issuer="issuer"))
    (handed,) = world.handed_over()
    assert (handed.attempt, handed.mac) == (1, MAC)
    assert signers(clients, "SendMessage") == {None}


def test_a_message_that_isnt_ours_is_a_dead_letter(world, clients):
    """A forged message would be asked for again for ever, or its tenant's logs be read."""
    Sessions.error = RetryableError(PASS_REFUSED, "no")
    assert world.process(message(), processor(world))
    (letter,) = world.messages("deliveries-dlq")
    assert letter.message_attributes["reason"]["StringValue"] == PASS_REFUSED
    assert signers(clients, "Query", "GetObject") == set()
    assert Sending.signers == []


def test_without_a_session_a_message_is_put_off(world, clients):
    """An outage of the issuer would use up a delivery's attempts, or count against the customer."""
    Sessions.error = RetryableError("unavailable", "the session issuer failed")
    assert world.process(message(attempt=3), processor(world))
    (handed,) = world.handed_over()
    assert (handed.attempt, handed.put_offs, handed.mac) == (3, 1, MAC)
    assert signers(clients, "Query", "GetObject") == set()


def test_an_objects_notification_is_refused(world, clients):
    """The outside would read objects for which nobody has made a message, or deliver what the inside delivers."""
    assert world.process(notification(), processor(world))
    (letter,) = world.messages("deliveries-dlq")
    assert letter.message_attributes["reason"]["StringValue"] == "no-delivery-message"
    assert signers(clients, "Query", "GetObject") == set()


def test_a_corrupt_objects_message_is_a_dead_letter(world):
    """Without the object's own queue it would be received twenty times, and lie there without a reason."""
    world.put_object(data=b"not gzip")
    assert world.process(message(), processor(world))
    (letter,) = world.messages("deliveries-dlq")
    assert DeliveryMessage.read(json.loads(letter.body)).key == KEY
    assert letter.message_attributes["reason"]["StringValue"] == "not-gzip"


def test_it_always_receives(world, monkeypatch):
    """After one outage of the table it would ask for a tenant's configs as nobody, and wait for ever."""
    ours = processor(world)
    monkeypatch.setattr(ours._objects, "is_ready", lambda: False)
    assert ours.is_ready()
