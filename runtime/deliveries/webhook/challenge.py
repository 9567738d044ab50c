"""The proof that an endpoint is the tenant's, before any event is sent to it.

An endpoint of the signed formats answers a challenge with a code that only the holder of the signing secret can make. A
collector of OpenTelemetry or Splunk can't: there, the tenant's token has to open it, and a made-up one must not.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from runtime.deliveries.webhook.config import WebhookFormat
from runtime.deliveries.webhook.formats import FORMATS
from runtime.deliveries.webhook.sender import WebhookSender
from runtime.deliveries.webhook.signatures import proves
from runtime.endpoints.classify_http import EndpointAnswer, classify_http
from runtime.endpoints.secret import Secret
from runtime.errors import BlockedByCustomerError, FailedCall, Hop

CHALLENGE_FAILED: Final = "challenge-failed"
TYPE: Final = "endpoint.verify"
_REFUSALS: Final = frozenset({401, 403})
_TOKEN_CODES: Final = frozenset({1, 2, 3, 4})  # Splunk, "HTTP Event Collector error codes": all about the token
_EMPTY_EXPORT: Final = b'{"resourceLogs":[]}'
_MADE_UP_BYTES: Final = 32


class _Answered(msgspec.Struct):
    challenge: str


class _Collected(msgspec.Struct):
    code: int


def check_challenge(sender: WebhookSender, format_: WebhookFormat) -> None:
    """Have the endpoint prove itself.

    :raises BlockedByCustomerError: ``challenge-failed``, or what its answer means by itself.
    :raises DeliveryError: there was no answer.
    """
    _CHECKS[format_](sender)


def _signed(sender: WebhookSender) -> None:
    challenge = secrets.token_hex(16)
    body = msgspec.json.encode({"type": TYPE, "challenge": challenge})
    answer = sender.post(secrets.token_hex(16), body, "application/json")
    classify_http(answer, request_bytes=len(body), cap=len(body))
    try:
        found = msgspec.json.decode(answer.body, type=_Answered).challenge
    except msgspec.DecodeError:
        raise _failed(answer, 'it must answer {"challenge": …}') from None
    if not proves(found, challenge, sender.read_secrets()[0]):
        raise _failed(answer, "it must answer the challenge's HMAC-SHA256 by the signing secret, in hex digits")


def _otlp(sender: WebhookSender) -> None:
    answer = sender.post(secrets.token_hex(16), _EMPTY_EXPORT, FORMATS["otlp"].content_type)
    classify_http(answer, request_bytes=len(_EMPTY_EXPORT), cap=len(_EMPTY_EXPORT))
    FORMATS["otlp"].read(answer, 1)
    _refuses_a_made_up_token(sender, _EMPTY_EXPORT)


def _splunk(sender: WebhookSender) -> None:
    """Ask with no event: the collector says that there is no data, unless the token isn't one of its own."""
    answer = sender.post(secrets.token_hex(16), b"", FORMATS["splunk_hec"].content_type)
    try:
        code = msgspec.json.decode(answer.body, type=_Collected).code
    except msgspec.DecodeError:
        classify_http(answer, request_bytes=0, cap=0)
        raise _failed(answer, "it isn't an HTTP Event Collector") from None
    if answer.status in _REFUSALS or code in _TOKEN_CODES:
        raise _failed(answer, "the collector must accept the token")
    _refuses_a_made_up_token(sender, b"")


def _refuses_a_made_up_token(sender: WebhookSender, body: bytes) -> None:
    made_up = Secret(secrets.token_hex(_MADE_UP_BYTES))
    answer = sender.post(secrets.token_hex(16), body, "application/json", token=made_up)
    if answer.status not in _REFUSALS:
        raise _failed(answer, "it must refuse a token that isn't the tenant's with 401 or 403")


def _failed(answer: EndpointAnswer, step: str) -> BlockedByCustomerError:
    error = BlockedByCustomerError(CHALLENGE_FAILED, f"{answer.origin} answered {answer.status}: {step}")
    error.call = FailedCall(Hop.DESTINATION.name, "https:POST", answer.origin, step)
    return error


_CHECKS: Final[Mapping[WebhookFormat, Callable[[WebhookSender], None]]] = {
    "ndjson": _signed,
    "json": _signed,
    "otlp": _otlp,
    "splunk_hec": _splunk,
}
