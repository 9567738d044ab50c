"""The three roots that decide what happens to a delivery that did not succeed, and the way from AWS's errors to them.

Each delivery method maps its service's errors to one of these (contract §5: retryable, blocked by the customer,
permanent). Whatever isn't one of them counts as retryable: an unknown error is never a reason to lose a log line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

NO_FAILURES: Final = frozenset({"outside", "destination-slow", "out-of-time", "vector-busy", "extra-requests-used-up"})
"""Reasons of hand-overs in which nothing failed: another processor, another turn or another attempt does the rest."""
MAX_RETRY_AFTER_SECONDS = 3600.0
"""Contract §11: a destination may ask for an hour; who asks for more is asked again after that."""


@dataclass(frozen=True, slots=True)
class FailedCall:
    """The AWS call that failed, for the person who has to fix it. Empty where none failed.

    :param hop: a ``Hop``'s name. :param action: ``s3:CopyObject``. :param resource: what the call was about.
    :param next_step: what has to be changed, and by whom.
    """

    hop: str = ""
    action: str = ""
    resource: str = ""
    next_step: str = ""


class DeliveryError(Exception):
    """A delivery stopped before it was done.

    :param reason: short, stable, kebab-case word for metrics and records (``throttled``, ``access-denied``).
    :param detail: for people: the failed call, the resource, and the next step. Never a tenant's content.
    ``call`` is the failed call in its parts, where one failed (set by ``classify``).
    ``retry_after``: seconds that the destination asks to wait for, at most ``MAX_RETRY_AFTER_SECONDS``.
    """

    def __init__(self, reason: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.call = FailedCall()
        self.retry_after = None if retry_after is None else min(max(0.0, retry_after), MAX_RETRY_AFTER_SECONDS)


class RetryableError(DeliveryError):
    """Throttling, 5xx, timeouts, connection errors, our own first hop denied: handed over with a delay."""


class RefusedError(RetryableError):
    """The service refused the request: repeating it now can't help, a person has to find the cause."""


class RequestTooLargeError(RefusedError):
    """The destination takes no request of this size: it is halved; an event that is too large alone is set aside."""


class RequestRefusedError(RefusedError):
    """The destination refuses something in the request, and doesn't say which event: it is halved to find out."""


class OutOfTimeError(RetryableError):
    """The time budget ran out between two batches: handed over at once with its checkpoint; not a failure."""


class OutOfRequestsError(OutOfTimeError):
    """The extra requests of a batch are used up: handed over at once with what is left of it; not a failure."""


class NotTriedError(RetryableError):
    """No attempt was made, as earlier ones at this destination fail or hang. ``last``: what is known of them."""

    last: DeliveryError | None = None


class BlockedByCustomerError(DeliveryError):
    """Only the customer can fix it (role, bucket, log group, key): handed over, at last parked. Never dropped."""


class HeldBackError(BlockedByCustomerError):
    """The tenant's record doesn't let it be tried: parked at once, until the record or the config is changed."""


class ConfigGoneError(HeldBackError):
    """The delivery config was deleted or disabled while the delivery waited: parked at once, until it is back."""


class PermanentError(DeliveryError):
    """Trying again can't help (object gone, destination is the central bucket): settled and counted."""


class CorruptObjectError(PermanentError):
    """The object's bytes are not what they should be (not gzip, cut): settled, and sent to the dead-letter queue."""


class Hop(Enum):
    """Where a call goes: it decides who has to fix a refusal."""

    EXECUTION = "the processor's execution role"
    CENTRAL = "assuming the central log distribution role"
    CUSTOMER = "assuming the customer's log distribution role"
    SOURCE = "reading the central bucket"
    DESTINATION = "the customer's destination"


Rule = tuple[type[DeliveryError], str]
"""The class and the reason of an error code."""

EXPIRED = "expired-token"
TENANT_SUSPENDED = "tenant-suspended"
SOURCE_DENIED = "source-denied"
TIMEOUT = "timeout"
"""The reason of a call that wasn't answered in time: not repeated in the process, as its thread would hang again."""
UNCERTAIN = frozenset({TIMEOUT, "connection", "answer-incomplete"})
"""Reasons of calls of which it isn't known whether they took effect."""

_CODES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled",
            "RequestThrottledException", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded",
            "ProvisionedThroughputExceededException", "PriorRequestNotComplete", "KMS.ThrottlingException",
        ),
        (RetryableError, "throttled"),
    ),
    **dict.fromkeys(
        ("RequestTimeout", "RequestTimeoutException", "RequestTimeTooSkewed"), (RetryableError, TIMEOUT)
    ),
    **dict.fromkeys(
        ("InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable",
         "ServiceUnavailableException", "KMS.KMSInternalException", "KMS.DependencyTimeoutException"),
        (RetryableError, "unavailable"),
    ),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"),
        (RetryableError, EXPIRED),
    ),
    **dict.fromkeys(
        ("InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch"),
        (RetryableError, "credentials-refused"),
    ),
}  # fmt: skip

_DENIED_CODES = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled", "Forbidden", "403"}
)
_DENIED: dict[Hop, Rule] = {
    Hop.EXECUTION: (RetryableError, "own-access-denied"),
    Hop.CENTRAL: (RetryableError, "first-hop-denied"),
    Hop.SOURCE: (RetryableError, SOURCE_DENIED),
    Hop.CUSTOMER: (BlockedByCustomerError, "second-hop-denied"),
    Hop.DESTINATION: (BlockedByCustomerError, "destination-denied"),
}
OURS_DENIED = frozenset(
    {*(_DENIED[hop][1] for hop in (Hop.EXECUTION, Hop.CENTRAL, Hop.SOURCE)), "credentials-refused", "no-credentials"}
)
"""Reasons that only the provider can fix: our own roles, credentials or bucket refuse us (contract §5: an alarm)."""
_NEXT_STEP = {
    Hop.EXECUTION: "the processor's execution role must allow it",
    Hop.CENTRAL: "the central role must trust the processor's execution role (sts:AssumeRole and sts:TagSession)",
    Hop.SOURCE: "the central role, and the bucket's KMS key, must allow it",
    Hop.CUSTOMER: "the customer's role must trust the central role with this ExternalId and tenant_id tag",
    Hop.DESTINATION: "the customer's role or bucket policy, and the KMS key's policy, must allow it",
}
_HTTP_TOO_MANY = 429
_HTTP_SERVER_ERROR = 500
_FAILED_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)")


def classify(
    error: Exception, *, hop: Hop, action: str = "", resource: str = "", codes: Mapping[str, Rule] | None = None
) -> DeliveryError:
    """Decide what an exception of an AWS call means for the delivery.

    :param action: the call (``s3:CopyObject``). :param resource: what it was about, for people.
    :param codes: the service's own error codes, asked before the general ones.
    """
    if isinstance(error, DeliveryError):
        return error
    response = error_answer(error)
    if "Error" not in response:
        failure = _without_answer(error, action, resource)
        failure.call = FailedCall(hop.name, action, resource)
        return failure
    code, message = error_code(error), _message(error)
    kind, reason = _rule(code, _status(response), hop, codes or {})
    denied = reason == _DENIED[hop][1]
    failed = _FAILED_ACTION.search(message)
    step = _NEXT_STEP[hop] if denied or code.startswith("KMS") else ""
    what = f"{failed[1]} (in {action})" if failed and failed[1] != action else action or "the call"
    failure = kind(reason, f"{what} on {resource or hop.value}: {code}{'; ' if step else ''}{step}")
    failure.call = FailedCall(hop.name, failed[1] if failed else action, resource, step)
    return failure


def failed_action(error: Exception) -> str | None:
    """Return the denied action that an AccessDenied answer names (``s3:GetObject``), if it does."""
    found = _FAILED_ACTION.search(_message(error))
    return found[1] if found else None


def error_answer(error: BaseException | None) -> Mapping[str, object]:
    """Return the answer that a client's exception was made of; an empty one for any other exception.

    Asked of the exception's form: botocore needn't be imported for it.
    """
    answer = getattr(error, "response", None)
    return answer if isinstance(answer, dict) else {}


def error_document(error: BaseException | None) -> Mapping[str, object]:
    """Return an answer's part ``Error``: code, message, and what else the service says; empty where there is none."""
    document = error_answer(error).get("Error")
    return document if isinstance(document, dict) else {}


def error_code(error: BaseException) -> str:
    """Return the code of an error that AWS answered; empty where AWS answered none."""
    return str(error_document(error).get("Code", ""))


def _message(error: BaseException) -> str:
    return str(error_document(error).get("Message", ""))


def _status(response: Mapping[str, object]) -> int:
    metadata = response.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else 0
    return status if isinstance(status, int) else 0


def _rule(code: str, status: int, hop: Hop, codes: Mapping[str, Rule]) -> Rule:
    rule = codes.get(code) or _CODES.get(code)
    if rule:
        return rule
    if code in _DENIED_CODES:
        return _DENIED[hop]
    if code.startswith("KMS"):
        return (BlockedByCustomerError if hop is Hop.DESTINATION else RetryableError, "kms-refused")
    if status == _HTTP_TOO_MANY:
        return RetryableError, "throttled"
    return RetryableError, "unavailable" if status >= _HTTP_SERVER_ERROR else "unexpected"


def _without_answer(error: Exception, action: str, resource: str) -> DeliveryError:
    """Classify what isn't an answer of AWS: the names say it, so botocore needn't be imported to be asked."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if "AnswerIncompleteError" in names:
        reason = "answer-incomplete"
    elif {"ReadTimeoutError", "ConnectTimeoutError", "TimeoutError"} & names:
        reason = TIMEOUT
    elif {"HTTPClientError", "HTTPError", "ConnectionError", "IncompleteReadError"} & names:
        reason = "connection"
    elif {"NoCredentialsError", "CredentialRetrievalError", "PartialCredentialsError"} & names:
        reason = "no-credentials"
    else:
        reason = "unexpected"
    return RetryableError(reason, f"{action or 'the call'} on {resource or 'AWS'}: {type(error).__name__}")
