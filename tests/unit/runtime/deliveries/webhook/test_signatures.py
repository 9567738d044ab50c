"""Signatures against the specification's own library, as a receiver has it."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from runtime.deliveries.webhook.signatures import challenge_answer, proves, signature_headers
from runtime.endpoints.secret import Secret

FIRST, SECOND, OTHER = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
BODY = b'{"id":"1"}\n'


def now():
    """Return the time of a request, epoch seconds: a receiver refuses one that is five minutes old."""
    return int(datetime.now(UTC).timestamp())


def test_a_receiver_with_any_live_secret_accepts_the_request():
    """A receiver that has rotated, or hasn't yet, would refuse every request."""
    headers = signature_headers("request-1", now(), BODY, [Secret(FIRST), Secret(SECOND)])
    for secret in (FIRST, SECOND):
        Webhook(secret).verify(BODY, dict(headers))
    assert headers["webhook-id"] == "request-1"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, dict(headers))


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp"])
def test_nothing_that_is_signed_can_be_changed(changed):
    """Somebody in between could add events, or send them again as new ones."""
    sent_at = now()
    headers = dict(signature_headers("request-1", sent_at, BODY, [Secret(FIRST)]))
    other = {"webhook-id": "request-2", "webhook-timestamp": str(sent_at + 1)}
    body = BODY + b"x" if changed == "body" else BODY
    received = headers | {name: value for name, value in other.items() if name == changed}
    with pytest.raises(WebhookVerificationError):
        Webhook(FIRST).verify(body, received)


def test_the_signature_is_the_specifications_own():
    """The library could be as wrong as we are."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the specification
    body = b'{"test": 2432232314}'
    headers = signature_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [Secret(secret)])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_challenge_is_answered_by_a_holder_of_the_secret_alone():
    """Somebody could have our events sent to an endpoint of somebody else's."""
    answer = challenge_answer("c", Secret(SECOND))
    assert len(answer) == 64
    assert proves(answer, "c", [Secret(FIRST), Secret(SECOND)])
    assert not proves(answer, "d", [Secret(SECOND)])
    assert not proves(answer, "c", [Secret(FIRST)])
    assert not proves("", "c", [Secret(SECOND)])
    assert not proves("\u00e4", "c", [Secret(SECOND)])
