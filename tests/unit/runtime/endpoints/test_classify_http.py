"""The contract's table of answers, row by row."""

from datetime import UTC, datetime

import pytest

from runtime.endpoints.classify_http import EndpointAnswer, classify_failure, classify_http, retry_after
from runtime.errors import (
    OURS_DENIED,
    BlockedByCustomerError,
    RequestRefusedError,
    RequestTooLargeError,
    RetryableError,
)

ORIGIN = "https://logs.example.com"
TABLE = {
    200: None,
    202: None,
    204: None,
    300: (BlockedByCustomerError, "redirected"),
    301: (BlockedByCustomerError, "redirected"),
    304: (BlockedByCustomerError, "redirected"),
    307: (BlockedByCustomerError, "redirected"),
    400: (RequestRefusedError, "request-refused"),
    401: (BlockedByCustomerError, "endpoint-unauthorized"),
    402: (BlockedByCustomerError, "endpoint-refuses"),
    403: (BlockedByCustomerError, "endpoint-forbidden"),
    404: (BlockedByCustomerError, "endpoint-not-found"),
    405: (BlockedByCustomerError, "endpoint-refuses"),
    408: (RetryableError, "endpoint-timeout"),
    410: (BlockedByCustomerError, "endpoint-gone"),
    413: (RequestTooLargeError, "request-too-large"),
    415: (BlockedByCustomerError, "endpoint-refuses"),
    422: (RequestRefusedError, "request-refused"),
    425: (RetryableError, "endpoint-too-early"),
    429: (RetryableError, "throttled"),
    499: (BlockedByCustomerError, "endpoint-refuses"),
    500: (RetryableError, "unavailable"),
    503: (RetryableError, "unavailable"),
    599: (RetryableError, "unavailable"),
    999: (BlockedByCustomerError, "endpoint-refuses"),
}


def answered(status, headers=(), *, whole=True):
    return EndpointAnswer(ORIGIN, status, dict(headers), b"", whole)


@pytest.mark.parametrize("status", TABLE)
def test_a_status_means_what_the_contract_says(status):
    """A delivery would be lost, tried for ever, or parked for a passing failure."""
    if TABLE[status] is None:
        assert classify_http(answered(status), request_bytes=1, cap=1) is None
        return
    kind, reason = TABLE[status]
    with pytest.raises(kind) as raised:
        classify_http(answered(status), request_bytes=1, cap=1)
    error = raised.value
    assert (type(error), error.reason) == (kind, reason)
    assert (error.call.hop, error.call.action, error.call.resource) == ("DESTINATION", "https:POST", ORIGIN)
    assert bool(error.call.next_step) is (kind is BlockedByCustomerError)
    assert reason not in OURS_DENIED, "the provider would be alarmed for a customer's endpoint"


def test_throttling_of_a_request_over_the_cap_is_its_size():
    """It would be repeated for ever, and never be taken."""
    with pytest.raises(RequestTooLargeError):
        classify_http(answered(429), request_bytes=2, cap=1)


def test_a_success_that_is_too_long_to_read_is_none():
    """It isn't known to be whole; sent again, it would be doubled at each attempt, and never parked."""
    with pytest.raises(BlockedByCustomerError) as raised:
        classify_http(answered(200, whole=False), request_bytes=1, cap=1)
    assert raised.value.reason == "answer-too-large"


def test_an_error_page_that_is_too_long_to_read_has_its_status():
    """A gateway's page would park the deliveries of an endpoint that restarts."""
    with pytest.raises(RetryableError):
        classify_http(answered(502, whole=False), request_bytes=1, cap=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("999999999999999999999999", 3600.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60.0),
        ("Thu, 01 Jan 2026 05:00:00 GMT", 3600.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Thu, 99 Jan 2026 00:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_an_hour_at_most(text, seconds, monkeypatch):
    """An endpoint would be asked before its time, or put off its logs for a year by a wrong header."""
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr("runtime.scheduling.now", lambda: now)
    assert retry_after(text) == seconds
    with pytest.raises(RetryableError) as raised:
        classify_http(answered(503, {"retry-after": text}), request_bytes=1, cap=1)
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    ("error", "reason"), [(TimeoutError("x"), "timeout"), (ConnectionResetError("x"), "connection")]
)
def test_no_answer_is_retryable(error, reason):
    """An endpoint that is down for a minute would cost a customer its logs."""
    found = classify_failure(error, ORIGIN)
    assert (type(found), found.reason, found.call.resource) == (RetryableError, reason, ORIGIN)
