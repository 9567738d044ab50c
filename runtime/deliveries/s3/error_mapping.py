"""What S3's error codes mean for a copy (contract §5)."""

from runtime.errors import (
    SOURCE_DENIED,
    BlockedByCustomerError,
    DeliveryError,
    FailedCall,
    Hop,
    PermanentError,
    RefusedError,
    RetryableError,
    Rule,
    classify,
    error_document,
    failed_action,
)

CODES: dict[str, Rule] = {
    "NoSuchKey": (PermanentError, "object-gone"),
    "NoSuchVersion": (PermanentError, "object-gone"),
    "404": (PermanentError, "object-gone"),
    # The object was overwritten since; the new one has a notification of its own.
    "PreconditionFailed": (PermanentError, "object-replaced"),
    "NoSuchBucket": (BlockedByCustomerError, "no-such-bucket"),
    "InvalidBucketName": (BlockedByCustomerError, "no-such-bucket"),
    "PermanentRedirect": (BlockedByCustomerError, "wrong-region"),
    "AuthorizationHeaderMalformed": (BlockedByCustomerError, "wrong-region"),
    "IllegalLocationConstraintException": (BlockedByCustomerError, "wrong-region"),
    "301": (BlockedByCustomerError, "wrong-region"),
    "AccessControlListNotSupported": (BlockedByCustomerError, "acl-refused"),
    "InvalidObjectState": (RetryableError, "object-archived"),
    "NoSuchUpload": (RetryableError, "upload-gone"),
    "OperationAborted": (RetryableError, "conflict"),
    "InvalidRequest": (RefusedError, "refused"),
    "InvalidArgument": (RefusedError, "refused"),
    "EntityTooLarge": (RefusedError, "refused"),
}
_READING = frozenset({"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"})


def classify_copy(error: Exception, *, action: str, central_bucket: str, bucket: str, key: str) -> DeliveryError:
    """Decide what a failed call of a copy means. One call touches both buckets: find out whose refusal it is."""
    code, named, text = _answer(error)
    if code == "NoSuchBucket":
        if named == central_bucket:
            return RetryableError("central-bucket-missing", f"{action}: the central bucket {central_bucket!r}")
        detail = f"Destination S3 bucket {bucket!r} does not exist: create it, or correct bucket_name in the config"
        failure = BlockedByCustomerError("no-such-bucket", detail)
        failure.call = FailedCall(Hop.DESTINATION.name, action, f"s3://{bucket}")
        return failure
    if code == "InvalidArgument" and "version" in text.lower():
        return PermanentError("object-gone", f"{action}: the object can have no such version")
    reading = failed_action(error) in _READING
    return classify(
        error,
        hop=Hop.SOURCE if reading else Hop.DESTINATION,
        action=action,
        resource=f"s3://{central_bucket}" if reading else f"s3://{bucket}/{key}",
        codes=CODES,
    )


def may_be_gone(failure: DeliveryError, error: Exception) -> bool:
    """Whether a refusal may only mean that the source isn't there: it doesn't say that something else was refused."""
    action = failed_action(error)
    return failure.reason in {SOURCE_DENIED, "destination-denied"} and (action is None or action in _READING)


def is_too_large_to_copy_whole(error: BaseException | None) -> bool:
    """Whether S3 says that the source is over CopyObject's 5 GB (the notification may not have said its size)."""
    answer = error_document(error) if error else {}
    text = str(answer.get("Message", ""))
    return answer.get("Code") in {"InvalidRequest", "EntityTooLarge"} and "larger than the maximum" in text


def _answer(error: Exception) -> tuple[str, str, str]:
    """Return the error's code, the bucket that it names, and what it says of an argument."""
    answer = error_document(error)
    text = f"{answer.get('ArgumentName', '')} {answer.get('Message', '')}"
    return str(answer.get("Code", "")), str(answer.get("BucketName", "")), text
