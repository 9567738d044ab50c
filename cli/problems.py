"""What a command says when it fails, and with which status it ends: the same words and status for every command."""

import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from cli.client import ApiProblemError
from cli.exit_status import ExitStatus
from cli.options import ConnectionOptions
from cli.output import output_options, warn
from cli.signing import NoCredentialsFoundError

DEBUG: Final = "LOGROUTER_DEBUG"
"""A variable: with it, a fault of the command itself shows where it is."""

_OF_STATUS: Final = {
    401: ExitStatus.DENIED,
    403: ExitStatus.DENIED,
    404: ExitStatus.NOT_FOUND,
    408: ExitStatus.UNAVAILABLE,
    429: ExitStatus.UNAVAILABLE,
}
_DENIED: Final = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
    "InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnauthorizedOperation",
    "UnrecognizedClientException",
})  # fmt: skip
_SERVER_ERROR: Final = 500
_START: Final = "run `make up`"


class NotFoundError(Exception):
    """What was asked about isn't there. The text says what, and how to find what is."""


@dataclass(frozen=True, slots=True)
class CommandFailure:
    """Why a command ends: sentences, and the status."""

    text: str
    status: ExitStatus
    document: Mapping[str, Any]


def report(error: Exception, options: ConnectionOptions | None) -> ExitStatus:
    """Print what is wrong and what to do next, to standard error; return the status to end with."""
    failure = failure_of(error, options)
    if output_options().for_programs:
        warn(json.dumps({"error": failure.text, "status": failure.status.value, **failure.document}, sort_keys=True))
    else:
        warn(failure.text)
    if failure.status is ExitStatus.INTERNAL and os.environ.get(DEBUG):
        traceback.print_exception(error)
    return failure.status


def failure_of(error: Exception, options: ConnectionOptions | None) -> CommandFailure:  # noqa: PLR0911 - one a kind of error
    """Return what an exception means to the person who ran the command."""
    match error:
        case ApiProblemError():
            return _of_api(error)
        case NotFoundError():
            return CommandFailure(str(error), ExitStatus.NOT_FOUND, {})
        case NoCredentialsFoundError() | NoCredentialsError() | PartialCredentialsError():
            text = "there are no AWS credentials to sign with: sign in, or name a profile with --profile"
            return CommandFailure(text, ExitStatus.DENIED, {})
        case ProfileNotFound():
            text = f"{error}; `aws configure list-profiles` shows which there are"
            return CommandFailure(text, ExitStatus.USAGE, {})
        case ClientError():
            return _of_aws(error, options)
        case HTTPClientError() | ConnectionError() | urllib3.exceptions.HTTPError():
            return CommandFailure(_unreachable(error, options), ExitStatus.UNAVAILABLE, {})
        case BotoCoreError():
            return CommandFailure(f"AWS can't be asked: {error}", ExitStatus.UNAVAILABLE, {})
        case OSError() if error.filename:
            return CommandFailure(f"{error.filename}: {error.strerror}", ExitStatus.USAGE, {})
        case _:
            text = f"unexpected error: {type(error).__name__}: {error}\nwith {DEBUG}=1 set, the command shows where"
            return CommandFailure(text, ExitStatus.INTERNAL, {})


def _of_api(error: ApiProblemError) -> CommandFailure:
    problem = error.problem
    status = ExitStatus.UNAVAILABLE if problem.status >= _SERVER_ERROR else ExitStatus.REFUSED
    lines = [f"{problem.status} {problem.title}: {problem.detail}"]
    lines += [f"  {each.field}: {each.problem}" for each in problem.errors or ()]
    if problem.status == 403:  # noqa: PLR2004 - RFC 9110: forbidden
        lines.append("the caller's policy must allow execute-api:Invoke on this path: docs/api.md has examples")
    lines.append(f"request id {problem.request_id}")
    return CommandFailure(
        "\n".join(lines), _OF_STATUS.get(problem.status, status), {"problem": problem.model_dump(exclude_none=True)}
    )


def _of_aws(error: ClientError, options: ConnectionOptions | None) -> CommandFailure:
    answer: Mapping[str, Any] = error.response
    code, action = str(answer["Error"].get("Code", "")), error.operation_name
    message = str(answer["Error"].get("Message", "")).rstrip(".")
    if code in _DENIED:
        return CommandFailure(
            f"AWS refuses {action}: {message}. Sign in again, or let the caller do it", ExitStatus.DENIED, {}
        )
    if action in {"DescribeStacks", "ListStackResources"} and code == "ValidationError":
        region = options.region if options else None
        where = _START if options and options.local else "name the installation's Region with --region or AWS_REGION"
        return CommandFailure(
            f"there is no installation here{f' in {region}' if region else ''}: {where}", ExitStatus.NOT_FOUND, {}
        )
    if options is not None and options.local and "Unknown action" in message:
        return CommandFailure(f"the embedded cloud has no {action}: this works in AWS alone", ExitStatus.REFUSED, {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    throttled = "Throttl" in code or code in {"SlowDown", "RequestLimitExceeded", "TooManyRequestsException"}
    if throttled or status >= _SERVER_ERROR:
        return CommandFailure(f"AWS can't answer {action} now ({code}): try again", ExitStatus.UNAVAILABLE, {})
    found = ExitStatus.NOT_FOUND if status == 404 or code.startswith("NoSuch") else ExitStatus.REFUSED  # noqa: PLR2004 - RFC 9110: not found
    return CommandFailure(f"AWS refuses {action}: {code}: {message}", found, {})


def _unreachable(error: Exception, options: ConnectionOptions | None) -> str:
    if options is not None and options.local:
        return f"the embedded cloud isn't running: {_START}"
    reason = str(getattr(error, "reason", None) or type(error).__name__)
    return f"no connection ({reason}): check --api-url, --region and the network, then try again"
