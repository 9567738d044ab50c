"""Which problem an exception is. Nothing internal gets into an answer: the unforeseen is named in the log alone."""

import logging
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails

from runtime.api.errors.problems import ProblemError, invalid
from runtime.logs import without_message
from runtime.text_forms import correction

THROTTLED = frozenset({
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
})  # fmt: skip
"""DynamoDB developer guide, "Error handling": after the SDK's own retries the caller has to slow down.

The last two are reasons of a cancelled transaction (API reference, TransactWriteItems).
"""

logger = logging.getLogger("logrouter.api")


def problem_of(error: Exception) -> ProblemError:
    """Return the problem that a request ends with."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return invalid("invalid-request", "these parameters are wrong", [_wrong(each) for each in error.errors()])
        case ClientError() if _codes(error) & THROTTLED:
            return ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "table-throttled",
                "the config table is throttled; try again in a moment",
                headers={"Retry-After": "2"},
            )
        case ClientError() | BotoCoreError():
            logger.error("the config table can't be used", extra=_named(error))
            return ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "table-unavailable",
                "the config table doesn't answer; a change may or may not have taken effect: read before you repeat it",
                headers={"Retry-After": "5"},
            )
        case _:
            logger.error("unforeseen error", extra=without_message(error))
            return ProblemError(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "unexpected error; the log has it under this id"
            )


def _codes(error: ClientError) -> set[str]:
    """Return the error's code, and the reasons of a cancelled transaction."""
    reasons = error.response.get("CancellationReasons", ())
    return {str(error.response.get("Error", {}).get("Code")), *(str(reason.get("Code")) for reason in reasons)}


def _named(error: Exception) -> dict[str, object]:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else type(error).__name__
    return {"error": code}


def _wrong(each: ErrorDetails) -> tuple[str, str]:
    return str(each["loc"][-1]), correction(each)
