"""The conformance kit itself: it passes a method that is right, and finds each bug that is planted into one."""

import logging
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest

from runtime.conformance.__main__ import main
from runtime.conformance.checks import CHECKS, run
from runtime.conformance.finding import UnknownStandInError, find_stand_in
from runtime.conformance.stand_in import StandIn, TakenEvent
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED
from runtime.delivery_config.facts import MethodFacts, Order, Placement, RequestLimits
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import FailedCall, Hop, RetryableError


class Config(DeliveryConfig):
    facts = MethodFacts(
        "posting",
        "Posting",
        Placement.INSIDE,
        Order.TIME,
        reads_events=True,
        limits=RequestLimits(5, 10_000, 9_000),
        example={"type": "posting"},
    )
    url: str = "https://acme.example"


class Posting(EventMethod):
    """A right method; ``bug`` is planted by a test. ``services.clients`` is the destination."""

    seam = 2
    config_model = Config
    bug = ""

    def open(self, delivery):
        return SimpleNamespace(send=self.send, close=lambda: None)

    def send(self, request):
        destination = self._services.clients.stand_in
        texts, ids = self._spoilt([literal.decode().strip('"') for literal in request.batch.literals], [*request.ids])
        destination.held = len(texts) if self.bug == "left in the client" else 0
        try:
            for _ in range(100 if self.bug == "waits for ever" else 1):
                destination.reached()
        except Exception as error:
            if self.bug == "success without an answer":
                return DELIVERED
            raise self._failure(destination.secrets[0]) from error
        destination.events += map(TakenEvent, texts, ids)
        destination.held = 0
        return DELIVERED

    def _applied(self, delivery, batch):
        if self.bug == "raw":
            config = delivery.config.model_copy(update={"transform": None})
            delivery = replace(delivery, config=config)
        return super()._applied(delivery, batch)

    def _spoilt(self, texts, ids):
        if self.bug == "ids of the attempt":
            ids = [uuid4().bytes for _ in ids]
        if self.bug == "content in a log":
            logging.getLogger("posting").info("sending %s", texts[0])
        return (texts[::-1], ids[::-1]) if self.bug == "reversed" else (texts, ids)

    def _failure(self, secret):
        failure = RetryableError("unavailable", f"POST with {secret}" if self.bug == "secret in an error" else "POST")
        if self.bug == "says it is ours":
            failure.call = FailedCall(Hop.EXECUTION.name)
        return failure


class Destination(StandIn):
    method = Posting

    def __init__(self):
        super().__init__()
        self.events, self.held = [], 0

    def config(self, number):
        return Config(tenant_id="acme-corp", type=f"posting:n{number}")

    def taken(self):
        return self.events

    def left_in_client(self):
        return self.held


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_right_method_passes(check):
    """Nobody could write a method that conforms."""
    run(check, Destination)


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        ("success without an answer", "nothing_is_lost_by_a_failure"),
        ("ids of the attempt", "ids_are_stable"),
        ("reversed", "order_is_kept"),
        ("content in a log", "nothing_is_disclosed"),
        ("secret in an error", "nothing_is_disclosed"),
        ("left in the client", "nothing_is_lost_by_a_failure"),
        ("says it is ours", "the_circuit_opens"),
        ("waits for ever", "the_deadline_is_kept"),
        ("raw", "a_program_is_applied"),
    ],
)
def test_a_planted_bug_is_found(monkeypatch, bug, check):
    """A method with that bug would be called conformant."""
    monkeypatch.setattr(Posting, "bug", bug)
    (found,) = [one for one in CHECKS if one.__name__ == check]
    with pytest.raises(AssertionError):
        run(found, Destination)


def test_a_stand_in_is_found_by_its_name_or_its_place(capsys):
    """Who writes a method would have to install it before the first try."""
    assert find_stand_in(f"{__name__}:Destination").__name__ == "Destination"
    assert find_stand_in("s3").method.__name__ == "S3Delivery"
    with pytest.raises(UnknownStandInError, match=r"there are .*cloudwatch"):
        find_stand_in("no-such-method")
    assert main(["no-such-method"]) == 2
    assert "no stand-in 'no-such-method'" in capsys.readouterr().err


def test_the_command_says_which_check_failed(capsys, monkeypatch):
    """A pipeline would publish a plug-in that loses events."""
    monkeypatch.setattr("runtime.conformance.__main__.CHECKS", CHECKS[:3])
    assert main(["s3"]) == 0
    monkeypatch.setattr(Posting, "bug", "success without an answer")
    monkeypatch.setattr("runtime.conformance.__main__.find_stand_in", lambda name: Destination)
    assert main(["posting"]) == 1
    assert "posting nothing_is_lost_by_a_failure FAILED" in capsys.readouterr().out
