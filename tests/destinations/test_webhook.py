"""Deliveries to a webhook whose endpoint fails in every way: each event is there, set aside, or waits."""

import json
import time
import uuid

import pytest

from local.sinks.certificates import Authority
from local.sinks.https_server import HOST
from runtime.deliveries.webhook.config import WebhookConfig
from runtime.deliveries.webhook.delivery import WebhookDelivery
from runtime.endpoints import client as endpoint_client
from runtime.errors import BlockedByCustomerError, RetryableError
from tests.destinations.endpoint import EXPORT, PATH, Answer, Endpoint, Fault, Limits
from tests.destinations.scene import batch, delivery, handed_over, lines, method

pytestmark = pytest.mark.xdist_group("webhook")
ATTEMPT_SECONDS = 1.0
TOKEN = "a-token-of-the-customers"
TAKEN = {"takes": True}


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def endpoint(authority, monkeypatch):
    """An endpoint that has proven itself; an attempt at it takes a second at most."""
    monkeypatch.setattr(endpoint_client, "ATTEMPT_SECONDS", ATTEMPT_SECONDS)
    with Endpoint(authority.issue(HOST, HOST)).running() as found:
        yield found


@pytest.fixture
def send(endpoint, authority):
    """Deliver batches to it, handed over ``attempts`` times at most; return the delivery and what was set aside."""
    webhook, kept = method(WebhookDelivery, signing=endpoint.webhook.secret, token=TOKEN)

    def deliver(*batches, name=None, attempts=4, **fields):
        given = {"url": endpoint.url + PATH, "ca": authority.certificate, **fields}
        secret = "token" if given.get("format") == "otlp" else "signing_secret"
        config = WebhookConfig(
            tenant_id="acme-corp", type="webhook", verified_host=given["url"].split("/")[2],
            **{secret: [f"logrouter/acme-corp/{secret.partition('_')[0]}"]} | given,
        )  # fmt: skip
        one = delivery(config, name=name or uuid.uuid4().hex)
        handed_over(webhook, one, batches, attempts)
        return one, [json.loads(literal) for _, literal in kept.events]

    yield deliver
    webhook.close()


def messages(planned):
    return [json.loads(literal) for literal in planned.literals]


@pytest.mark.parametrize(
    ("name", "fault", "takes"),
    [
        ("answers 503 twice", Fault(503), 0),
        ("hangs twice", Fault(waits=True), 0),
        ("resets the connection twice", Fault(resets=True), 0),
        ("takes the request and hangs, twice", Fault(waits=True, **TAKEN), 2),
        ("takes the request and resets the connection, twice", Fault(resets=True, **TAKEN), 2),
        ("takes the request; the answer drips, twice", Fault(answer=Answer.DRIPPING, **TAKEN), 2),
        ("takes the request; the answer is cut in its body, twice", Fault(answer=Answer.CUT, **TAKEN), 2),
        ("takes the request; the answer is cut in its head, twice", Fault(answer=Answer.CUT_IN_HEAD, **TAKEN), 2),
        ("takes the request; the answer is lost, twice", Fault(answer=Answer.LOST, **TAKEN), 2),
    ],
)
def test_what_passes_loses_nothing(endpoint, send, ledger, *, name, fault, takes):
    """An event without a whole acknowledgement would be lost, or one that is refused by nobody come more than again."""
    planned = batch(*lines(20))
    endpoint.faults = [fault, fault]
    one, aside = send(planned)
    assert (one.progress.events, aside, endpoint.requests) == (20, [], 3)
    ledger.note("webhook", name, sent=messages(planned), arrived=endpoint.messages(), doubled_bound=20 * takes)


def test_a_success_with_nothing_is_none(endpoint, send, ledger):
    """A load balancer's empty 200 would pass for a collector's word, and the events be gone."""
    planned = batch(*lines(20))
    endpoint.faults = [Fault(200), Fault(200)]
    one, _ = send(planned, url=endpoint.url + EXPORT, format="otlp")
    assert (one.progress.events, endpoint.requests) == (20, 3)
    ledger.note(
        "webhook", "lies twice: an empty 200 in place of OTLP's", sent=messages(planned), arrived=endpoint.messages()
    )


def test_a_time_that_the_endpoint_names_is_kept(endpoint, send):
    """It would be asked again while it has said that it can't, by every delivery."""
    endpoint.faults = [Fault(429, head=b"retry-after: 600\r\n")] * 9
    begun = time.monotonic()
    with pytest.raises(RetryableError) as caught:
        send(batch(*lines(2)), attempts=1)
    assert (caught.value.reason, caught.value.retry_after) == ("throttled", 600)
    assert time.monotonic() - begun < 10


def test_a_delivery_that_is_killed_is_repeated_by_the_same_ids(endpoint, send, ledger):
    """A receiver could not tell a repetition from an event that was logged twice."""
    planned = batch(*lines(20))
    for _ in range(2):
        send(planned, name="same")
    ledger.note(
        "webhook",
        "killed before the checkpoint: sent again",
        sent=messages(planned),
        arrived=endpoint.messages(),
        doubled_bound=20,
    )


def test_a_request_that_is_too_large_is_halved(endpoint, send, ledger):
    """An endpoint behind a proxy that takes 8 KiB would get nothing at all."""
    planned = batch(*lines(40))
    endpoint.limits = Limits(body_bytes=8_192)
    _, aside = send(planned)
    assert not aside
    ledger.note("webhook", "answers 413 to what is over 8 KiB", sent=messages(planned), arrived=endpoint.messages())


def test_an_event_that_is_refused_is_set_aside_alone(endpoint, send, ledger):
    """Its neighbours would be refused with it, or sent again and again."""
    planned = batch("a", "b", "not this one", "c")
    endpoint.limits = Limits(refused="not this one")
    _, aside = send(planned)
    assert aside == ["not this one"]
    ledger.note(
        "webhook", "answers 400 because of one event", sent=messages(planned), arrived=endpoint.messages(), aside=aside
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "endpoint-unauthorized"),
        (404, "endpoint-not-found"),
        (410, "endpoint-gone"),
        (302, "redirected"),
    ],
)
def test_what_the_customer_has_to_correct_waits(endpoint, send, ledger, status, reason):
    """Events would be lost, or the endpoint be asked for ever."""
    planned = batch(*lines(2))
    endpoint.faults = [Fault(status)] * 9
    with pytest.raises(BlockedByCustomerError) as caught:
        send(planned)
    assert caught.value.reason == reason
    ledger.note(
        "webhook", f"answers {status}", sent=messages(planned), arrived=endpoint.messages(), parked=messages(planned)
    )


def test_a_certificate_of_nobody_is_not_believed(endpoint, send, ledger):
    """Whoever answers in the endpoint's place would get a tenant's logs."""
    planned = batch(*lines(2))
    with pytest.raises(BlockedByCustomerError) as caught:
        send(planned, ca=Authority().certificate)
    assert caught.value.reason == "tls-untrusted"
    ledger.note(
        "webhook",
        "certificate of an unknown authority",
        sent=messages(planned),
        arrived=endpoint.messages(),
        parked=messages(planned),
    )
