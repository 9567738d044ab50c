"""What AWS's errors mean for a delivery: nothing that may pass is ever permanent."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)

from runtime.errors import (
    BlockedByCustomerError,
    Hop,
    OutOfTimeError,
    PermanentError,
    RetryableError,
    classify,
    failed_action,
)

URL = {"endpoint_url": "https://sts"}


def client_error(code, status=400, message=""):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (client_error("ThrottlingException"), "throttled"),
        (client_error("SlowDown", 503), "throttled"),
        (client_error("SomethingNew", 429), "throttled"),
        (client_error("InternalError", 500), "unavailable"),
        (client_error("SomethingNew", 503), "unavailable"),
        (client_error("RequestTimeout"), "timeout"),
        (client_error("ExpiredToken"), "expired-token"),
        (client_error("ExpiredTokenException"), "expired-token"),
        (client_error("InvalidClientTokenId", 403), "credentials-refused"),
        (client_error("SomethingNew", 400), "unexpected"),
        (ConnectTimeoutError(**URL), "timeout"),
        (ReadTimeoutError(**URL), "timeout"),
        (TimeoutError(), "timeout"),
        (EndpointConnectionError(**URL), "connection"),
        (ConnectionClosedError(**URL), "connection"),
        (SSLError(**URL, error="x"), "connection"),
        (ResponseStreamingError(error="x"), "connection"),
        (ConnectionResetError(), "connection"),
        (NoCredentialsError(), "no-credentials"),
        (ZeroDivisionError(), "unexpected"),
    ],
)
@pytest.mark.parametrize("hop", Hop)
def test_what_may_pass_is_retryable_at_every_hop(error, reason, hop):
    """An outage, or a bug of ours, would lose log lines."""
    classified = classify(error, hop=hop, action="sts:AssumeRole", resource="arn")
    assert (type(classified), classified.reason) == (RetryableError, reason)
    assert "sts:AssumeRole" in classified.detail


@pytest.mark.parametrize(
    ("hop", "kind", "reason"),
    [
        (Hop.EXECUTION, RetryableError, "own-access-denied"),
        (Hop.CENTRAL, RetryableError, "first-hop-denied"),
        (Hop.SOURCE, RetryableError, "source-denied"),
        (Hop.CUSTOMER, BlockedByCustomerError, "second-hop-denied"),
        (Hop.DESTINATION, BlockedByCustomerError, "destination-denied"),
    ],
)
@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "403"])
def test_a_refusal_is_whose_hop_it_is(code, hop, kind, reason):
    """Our own mistake would be shown to the customer, or theirs would raise our alarm; or either lose lines."""
    classified = classify(client_error(code, 403), hop=hop, action="a", resource="r")
    assert (type(classified), classified.reason) == (kind, reason)


def test_the_detail_names_the_denied_action_the_resource_and_the_next_step():
    """A customer would have to guess what to change."""
    message = "User: arn:… is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:…"
    error = client_error("AccessDenied", 403, message)
    detail = classify(error, hop=Hop.DESTINATION, action="s3:CopyObject", resource="s3://b/k").detail
    assert detail.startswith("kms:GenerateDataKey (in s3:CopyObject) on s3://b/k: AccessDenied; ")
    assert "KMS key's policy" in detail
    assert failed_action(error) == "kms:GenerateDataKey"


def test_a_service_knows_its_own_codes_better():
    """A method could not say that a missing key is gone for good."""
    codes = {"NoSuchKey": (PermanentError, "object-gone"), "Throttling": (BlockedByCustomerError, "mine")}
    assert classify(client_error("NoSuchKey"), hop=Hop.SOURCE, codes=codes).reason == "object-gone"
    assert classify(client_error("Throttling"), hop=Hop.SOURCE, codes=codes).reason == "mine"


def test_a_refusing_key_is_the_customers_at_the_destination_and_ours_elsewhere():
    """A disabled KMS key would be retried for ever without anybody being told."""
    for hop, kind in ((Hop.DESTINATION, BlockedByCustomerError), (Hop.SOURCE, RetryableError)):
        assert type(classify(client_error("KMS.DisabledException"), hop=hop)) is kind


def test_what_is_classified_stays_as_it_is():
    """A finer reason would be replaced by a coarser one on the way up."""
    error = OutOfTimeError("out-of-time")
    assert classify(error, hop=Hop.DESTINATION) is error


def test_an_error_without_an_answer_has_no_failed_action():
    """Looking for the denied action would itself fail on a timeout."""
    assert failed_action(ReadTimeoutError(**URL)) is None
    assert failed_action(client_error("AccessDenied")) is None
