"""librdkafka's codes and causes: who has to do something, and whether trying again may help."""

import confluent_kafka
import pytest

from runtime.deliveries.kafka import error_mapping
from runtime.deliveries.kafka.error_mapping import Cause, classify_causes, classify_code, definite
from runtime.errors import BlockedByCustomerError, RequestRefusedError, RequestTooLargeError, RetryableError

VERIFY = "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be"
ALERT = "Receive failed: error:0A000412:SSL routines::ssl/tls alert bad certificate: SSL alert number 42 (after 1ms)"


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("_AUTHENTICATION", BlockedByCustomerError, "kafka-authentication-failed"),
        ("TOPIC_AUTHORIZATION_FAILED", BlockedByCustomerError, "topic-forbidden"),
        ("CLUSTER_AUTHORIZATION_FAILED", BlockedByCustomerError, "cluster-forbidden"),
        ("UNKNOWN_TOPIC_OR_PART", BlockedByCustomerError, "topic-not-found"),
        ("TOPIC_EXCEPTION", BlockedByCustomerError, "topic-invalid"),
        ("POLICY_VIOLATION", BlockedByCustomerError, "policy-violation"),
        ("_UNSUPPORTED_FEATURE", BlockedByCustomerError, "cluster-too-old"),
        ("MSG_SIZE_TOO_LARGE", RequestTooLargeError, "request-too-large"),
        ("INVALID_RECORD", RequestRefusedError, "record-refused"),
        ("_MSG_TIMED_OUT", RetryableError, "timeout"),
        ("_PURGE_INFLIGHT", RetryableError, "timeout"),
        ("_TRANSPORT", RetryableError, "connection"),
        ("THROTTLING_QUOTA_EXCEEDED", RetryableError, "throttled"),
        ("NOT_ENOUGH_REPLICAS", RetryableError, "unavailable"),
        ("_FATAL", RetryableError, "unavailable"),
        ("SOMETHING_NEW", RetryableError, "unavailable"),
    ],
)
def test_codes(code, kind, reason):
    """A throttled cluster would block a tenant, or a forbidden topic be tried for ever."""
    error = classify_code(code, "broker:9096")
    assert (type(error), error.reason) == (kind, reason)
    assert (error.call.hop, error.call.action, error.call.resource) == ("DESTINATION", "kafka:Produce", "broker:9096")
    assert bool(error.call.next_step) is isinstance(error, BlockedByCustomerError)


@pytest.mark.parametrize(
    ("causes", "reason"),
    [
        (
            [Cause("_TRANSPORT", "Connect failed"), Cause("_AUTHENTICATION", "invalid credentials")],
            "kafka-authentication-failed",
        ),
        ([Cause("_SSL", VERIFY)], "tls-untrusted"),
        ([Cause("_TRANSPORT", ALERT), Cause("_ALL_BROKERS_DOWN")], "kafka-authentication-failed"),
    ],
)
def test_a_report_that_timed_out_has_the_cause_that_was_called_back(causes, reason):
    """A wrong password would look like a slow broker: tried for hours, and the customer not told."""
    error = classify_causes("_MSG_TIMED_OUT", causes, "broker:9096")
    assert (type(error), error.reason) == (BlockedByCustomerError, reason)
    assert "invalid credentials" not in str(error)


def test_a_cause_that_may_pass_leaves_the_failure_retryable():
    """A broker that restarts would block the tenant."""
    causes = [Cause("_TRANSPORT", "Connection refused"), Cause("_SSL", "SSL handshake failed: Disconnected")]
    assert definite(causes, "b") is None
    error = classify_causes("_MSG_TIMED_OUT", causes, "b")
    assert (type(error), error.reason) == (RetryableError, "connection")
    assert classify_causes("NOT_ENOUGH_REPLICAS", causes, "b").reason == "unavailable"
    assert classify_causes("_MSG_TIMED_OUT", [], "b").reason == "timeout"


def test_every_code_is_one_that_the_client_has():
    """A misspelt code would never be met: its failure would be tried again for ever."""
    named = {
        *error_mapping._BLOCKED, *error_mapping._PASSING, *error_mapping.TIMED_OUT,
        *error_mapping.TOO_LARGE, *error_mapping.REFUSED,
    }  # fmt: skip
    codes = {confluent_kafka.KafkaError(number).name() for number in range(-200, 140)}
    assert named - codes == set()
