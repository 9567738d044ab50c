"""What the client's error codes mean for a delivery.

librdkafka says what went wrong in two places: a record's report (which says "timed out" for a wrong password, an
unknown authority and an unreachable broker alike) and the error callback. The causes are kept, and asked when a report
or a question has no better answer. Codes are librdkafka's names; an underscore begins its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from runtime.errors import (
    TIMEOUT,
    BlockedByCustomerError,
    DeliveryError,
    FailedCall,
    Hop,
    RequestRefusedError,
    RequestTooLargeError,
    RetryableError,
)

ACTION: Final = "kafka:Produce"
AUTHENTICATION_FAILED: Final = "kafka-authentication-failed"
TOO_LARGE: Final = frozenset({"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"})
REFUSED: Final = frozenset({"INVALID_RECORD", "INVALID_TIMESTAMP"})
"""The broker takes neither the record nor those that came in one piece with it: which one it is has to be found."""
TIMED_OUT: Final = frozenset(
    {"_MSG_TIMED_OUT", "_TIMED_OUT", "_TIMED_OUT_QUEUE", "REQUEST_TIMED_OUT", "_PURGE_QUEUE", "_PURGE_INFLIGHT"}
)
_BLOCKED: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE"),
        (AUTHENTICATION_FAILED, "the cluster must accept the config's secret or role, by the config's auth"),
    ),
    "TOPIC_AUTHORIZATION_FAILED": ("topic-forbidden", "the user must be allowed Describe and Write on the topic"),
    "CLUSTER_AUTHORIZATION_FAILED": (
        "cluster-forbidden",
        "the user must be allowed IdempotentWrite on the cluster, or Write on the topic",
    ),
    **dict.fromkeys(
        ("UNKNOWN_TOPIC_OR_PART", "UNKNOWN_TOPIC_ID", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION"),
        ("topic-not-found", "the topic must be created"),
    ),
    "TOPIC_EXCEPTION": ("topic-invalid", "the config must name a topic that can exist"),
    "POLICY_VIOLATION": ("policy-violation", "the cluster's policy must allow the records"),
    **dict.fromkeys(
        ("UNSUPPORTED_VERSION", "_UNSUPPORTED_FEATURE"),
        ("cluster-too-old", "the brokers must be of Kafka 2.1 or newer"),
    ),
}  # fmt: skip
_PASSING: Final = {
    **dict.fromkeys(("_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "NETWORK_EXCEPTION"), "connection"),
    "THROTTLING_QUOTA_EXCEEDED": "throttled",
}
_UNTRUSTED = re.compile("certificate verify failed|broker certificate could not be verified")
# RFC 8446, 6.2: bad_certificate to certificate_unknown, unknown_ca, certificate_required.
_REFUSES_OURS = re.compile(r"SSL alert number (?:4[2-6]|48|116)\b")


@dataclass(frozen=True, slots=True)
class Cause:
    """What the client's error callback said. ``text`` names brokers; it is read here and shown nowhere."""

    code: str
    text: str = ""


def classify_code(code: str, cluster: str) -> DeliveryError:
    """Return what an error code means. :param cluster: the first bootstrap server, for people."""
    if code in _BLOCKED:
        reason, step = _BLOCKED[code]
        return _with_call(BlockedByCustomerError(reason, f"{cluster}: {code}; {step}"), cluster, step)
    if code in TOO_LARGE:
        return _with_call(RequestTooLargeError("request-too-large", f"{cluster}: {code}"), cluster)
    if code in REFUSED:
        return _with_call(RequestRefusedError("record-refused", f"{cluster}: {code}"), cluster)
    if code in TIMED_OUT:
        return _with_call(RetryableError(TIMEOUT, f"{cluster} didn't acknowledge in time"), cluster)
    return _with_call(RetryableError(_PASSING.get(code, "unavailable"), f"{cluster}: {code}"), cluster)


def definite(causes: Iterable[Cause], cluster: str) -> DeliveryError | None:
    """Return the failure that the causes leave no doubt of, so that waiting on is in vain; ``None``: there is none."""
    for cause in causes:
        if cause.code in _BLOCKED:
            return classify_code(cause.code, cluster)
        if _UNTRUSTED.search(cause.text):
            step = "the brokers need a certificate of a known authority, or of the config's ca, for their host names"
            return _with_call(BlockedByCustomerError("tls-untrusted", f"{cluster}: {step}"), cluster, step)
        if _REFUSES_OURS.search(cause.text):
            step = "the cluster must trust the client certificate in the config's secret"
            return _with_call(BlockedByCustomerError(AUTHENTICATION_FAILED, f"{cluster}: {step}"), cluster, step)
    return None


def classify_causes(code: str, causes: Iterable[Cause], cluster: str) -> DeliveryError:
    """Return what a failure means whose own code may say no more than that time ran out."""
    known = list(causes)
    found = definite(known, cluster)
    if found is None and code in TIMED_OUT | {"_TRANSPORT"}:
        code = next((cause.code for cause in known if cause.code in _PASSING), code)
    return found or classify_code(code, cluster)


def refused_settings(cause: Cause, cluster: str) -> DeliveryError:
    """Return what it means that the client library takes no settings that the config and its secret make."""
    if cause.code in _BLOCKED:  # no token, with the customer's role
        return classify_code(cause.code, cluster)
    step = "the config's ca and secret must be valid PEM, and a private key the certificate's"
    return _with_call(BlockedByCustomerError("settings-refused", f"{cluster}: {step}"), cluster, step)


def _with_call(error: DeliveryError, cluster: str, step: str = "") -> DeliveryError:
    error.call = FailedCall(Hop.DESTINATION.name, ACTION, cluster, step)
    return error
