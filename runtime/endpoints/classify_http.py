"""What an endpoint's answer, or its failure to answer, means for a delivery (contract §11, the table of answers)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from runtime import scheduling
from runtime.aws.request_head import UnsafeRequestError
from runtime.errors import (
    MAX_RETRY_AFTER_SECONDS,
    TIMEOUT,
    BlockedByCustomerError,
    DeliveryError,
    FailedCall,
    Hop,
    RequestRefusedError,
    RequestTooLargeError,
    RetryableError,
)

ENDPOINT_GONE: Final = "endpoint-gone"
UNAUTHORIZED_STATUS: Final = HTTPStatus.UNAUTHORIZED
_ACTION: Final = "https:POST"
_SUCCESS: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)
_SERVER_ERRORS: Final = range(500, 600)
_TOO_LARGE: Final = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_PASSING: Final[Mapping[int, str]] = {
    HTTPStatus.REQUEST_TIMEOUT: "endpoint-timeout",
    HTTPStatus.TOO_EARLY: "endpoint-too-early",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}
_BLOCKED: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: ("endpoint-unauthorized", "the endpoint must accept the config's secret"),
    HTTPStatus.FORBIDDEN: ("endpoint-forbidden", "the endpoint must allow the request"),
    HTTPStatus.NOT_FOUND: ("endpoint-not-found", "the config's URL must name a path that exists"),
    HTTPStatus.GONE: (ENDPOINT_GONE, "the endpoint asked for no more: enable the config when it takes events again"),
}
_REDIRECTED: Final = ("redirected", "the config's URL must be the final one: redirects aren't followed")
_OTHER: Final = ("endpoint-refuses", "the endpoint must take POST requests of this form")
_TLS_STEP: Final = "the endpoint needs a certificate of a known authority, for its host name, that is valid today"
# OpenSSL, x509_vfy.h: what X509_verify_cert found wrong.
_TLS_PROBLEMS: Final = {
    9: "its certificate isn't valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate is of an unknown authority",
    20: "its certificate is of an unknown authority",
    21: "its certificate is of an unknown authority",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """What an endpoint answered to one request.

    :param origin: scheme, host and port. :param headers: lower-case names. :param body: empty where it isn't
        ``whole``: it is longer than is read of one.
    """

    origin: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    @property
    def ok(self) -> bool:
        """Whether it is a success that came whole."""
        return self.status in _SUCCESS and self.whole


def classify_http(answer: EndpointAnswer, *, request_bytes: int, cap: int) -> None:
    """Return where an answer acknowledges its request.

    :param request_bytes: of its body, before compression. :param cap: what the method's own limits let a request have.
    :raises RequestTooLargeError: 413, or 429 of a request that alone is over the cap.
    :raises RequestRefusedError: 400, 422.
    :raises RetryableError: it may pass. :raises BlockedByCustomerError: it won't.
    """
    error = _error_of(answer, over_cap=request_bytes > cap)
    if error is None:
        return
    error.call = FailedCall(Hop.DESTINATION.name, _ACTION, answer.origin, error.call.next_step)
    if isinstance(error, RetryableError):
        error.retry_after = retry_after(answer.headers.get("retry-after", ""))
    raise error


def _error_of(answer: EndpointAnswer, *, over_cap: bool) -> DeliveryError | None:
    status, said = answer.status, f"{answer.origin} answered {answer.status}"
    if status in _SUCCESS:
        step = "its answer must be at most 64 KiB"
        return None if answer.whole else _blocked("answer-too-large", said, step)
    if status in _TOO_LARGE or (status == HTTPStatus.TOO_MANY_REQUESTS and over_cap):
        return RequestTooLargeError("request-too-large", said)
    if status in _REFUSED:
        return RequestRefusedError("request-refused", said)
    passing = "unavailable" if status in _SERVER_ERRORS else _PASSING.get(status)
    if passing is not None:
        return RetryableError(passing, said)
    reason, step = _BLOCKED.get(status) or (_REDIRECTED if status in _REDIRECTS else _OTHER)
    return _blocked(reason, said, step)


def _blocked(reason: str, said: str, step: str) -> BlockedByCustomerError:
    error = BlockedByCustomerError(reason, f"{said}; {step}")
    error.call = FailedCall(next_step=step)
    return error


def classify_failure(error: Exception, origin: str) -> DeliveryError:
    """Return what a request without a whole answer means: a certificate that is wrong is the customer's to correct."""
    if isinstance(error, DeliveryError):
        failure, step = error, ""
    elif isinstance(error, UnsafeRequestError):
        step = "the secret, sent as a header, must be visible ASCII"
        failure = BlockedByCustomerError("unsafe-header", step)
    elif isinstance(error, TimeoutError):
        failure, step = RetryableError(TIMEOUT, f"{origin} didn't answer in time"), ""
    else:
        cause = error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError):
            problem = _TLS_PROBLEMS.get(cause.verify_code, "its certificate isn't trusted")
            failure, step = BlockedByCustomerError("tls-untrusted", f"{origin}: {problem}; {_TLS_STEP}"), _TLS_STEP
        elif isinstance(cause, ssl.SSLError):
            failure, step = RetryableError("tls-failed", f"{origin}: {cause.reason or 'the handshake failed'}"), ""
        else:
            name = type(cause or error).__name__
            failure, step = RetryableError("connection", f"{origin}: {name}"), ""
    failure.call = FailedCall(Hop.DESTINATION.name, _ACTION, origin, step)
    return failure


def retry_after(text: str) -> float | None:
    """Return the seconds of a ``Retry-After`` header (RFC 9110, 10.2.3), at most an hour; ``None``: it names none."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        seconds = float(text[:10])
    else:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = when.replace(tzinfo=when.tzinfo or UTC).timestamp() - scheduling.now()
    return min(MAX_RETRY_AFTER_SECONDS, max(0.0, seconds))
