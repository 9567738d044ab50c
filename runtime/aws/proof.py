"""What proves that a call was done: a table per API action, for every call that a function or the command makes.

A success without its proof counts as no answer (``AnswerIncompleteError``): absence is never read as success, or as
emptiness. The transport has made sure by then that head and body are whole. Always asked for is the service's request
id; DynamoDB's checksum where there is one; and of each action, what AWS always sends. A test holds the table to the
SDK's service descriptions, and finds the calls that aren't in it; an action without a row isn't called at all.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from runtime.aws.response import AnswerIncompleteError

REQUEST_ID_HEADERS = ("x-amzn-requestid", "x-amz-request-id")  # the latter is S3's
_CHECKSUM = "x-amz-crc32"
UNREADABLE = "logrouter:unreadable"
"""Stands among a client's parsed members where the body isn't of the service's form."""


class UnknownActionError(Exception):
    """A call of an action that has no row in ``PROOFS``: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a successful answer of one action always holds, in addition to the request id.

    :param members: of the output, nested ones with dots; an empty list is there, an absent one isn't.
    :param headers: in lower case. :param entries: of a batch, each id that was sent is answered.
    :param document: the body has something, though no named member of it is always there.
    """

    members: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    entries: bool = False
    document: bool = False


_REQUEST_ID = Proof()
_BATCH = Proof(entries=True)
_OBJECT = Proof(headers=("etag", "last-modified"))
_LISTED = Proof(("Items", "Count"))

PROOFS: Mapping[str, Mapping[str, Proof]] = {
    "cloudformation": {
        "DescribeStacks": Proof(("Stacks",)),
        "ListStackResources": Proof(("StackResourceSummaries",)),
    },
    "cloudwatch": {"DescribeAlarms": Proof(("MetricAlarms",))},
    "dynamodb": {
        "BatchGetItem": Proof(("Responses", "UnprocessedKeys")),
        "DeleteItem": _REQUEST_ID,
        "DescribeTable": Proof(("Table",)),
        "DescribeTimeToLive": Proof(("TimeToLiveDescription",)),
        "GetItem": _REQUEST_ID,
        "PutItem": _REQUEST_ID,
        "Query": _LISTED,
        "Scan": _LISTED,
        "TransactWriteItems": _REQUEST_ID,
        "UpdateItem": _REQUEST_ID,
    },
    "events": {"PutEvents": Proof(("Entries",))},
    "kms": {
        "GenerateMac": Proof(("Mac",)),
        "VerifyMac": Proof(("MacValid",)),
    },
    "lambda": {
        "GetFunctionConfiguration": Proof(("FunctionName",)),
        "Invoke": _REQUEST_ID,
        "ListEventSourceMappings": Proof(("EventSourceMappings",)),
    },
    "logs": {
        "CreateLogGroup": _REQUEST_ID,
        "CreateLogStream": _REQUEST_ID,
        "DescribeLogGroups": Proof(("logGroups",)),
        "DescribeQueryDefinitions": Proof(("queryDefinitions",)),
        "FilterLogEvents": Proof(("events",)),
        "GetQueryResults": Proof(("status",)),
        "PutLogEvents": Proof(document=True),
        "StartQuery": Proof(("queryId",)),
    },
    "s3": {
        "AbortMultipartUpload": _REQUEST_ID,
        "DeleteObject": _REQUEST_ID,
        "CompleteMultipartUpload": Proof(("ETag",)),
        "CopyObject": Proof(("CopyObjectResult.ETag",)),
        "CreateMultipartUpload": Proof(("UploadId",)),
        "GetBucketNotificationConfiguration": Proof(document=True),
        "GetObject": _OBJECT,
        "HeadBucket": _REQUEST_ID,
        "HeadObject": _OBJECT,
        "ListObjectVersions": Proof(("IsTruncated",)),
        "ListObjectsV2": Proof(("IsTruncated", "KeyCount")),
        "PutObject": Proof(headers=("etag",)),
        "UploadPartCopy": Proof(("CopyPartResult.ETag",)),
    },
    "secretsmanager": {
        "CreateSecret": Proof(("ARN", "VersionId")),
        "DeleteSecret": Proof(("ARN", "DeletionDate")),
        "GetSecretValue": Proof(("ARN", "VersionId")),
    },
    "sns": {
        "GetTopicAttributes": Proof(("Attributes",)),
        "ListSubscriptionsByTopic": Proof(("Subscriptions",)),
        "Publish": Proof(("MessageId",)),
    },
    "sqs": {
        "ChangeMessageVisibilityBatch": _BATCH,
        "DeleteMessage": _REQUEST_ID,
        "DeleteMessageBatch": _BATCH,
        "GetQueueAttributes": Proof(("Attributes",)),
        "ReceiveMessage": _REQUEST_ID,
        "SendMessage": Proof(("MessageId",)),
    },
    "sts": {"AssumeRole": Proof(("Credentials",)), "GetCallerIdentity": Proof(("Account", "Arn"))},
}


def proof_of(service: str, operation: str) -> Proof:
    """Return the row of an action.

    :raises UnknownActionError: there is none.
    """
    try:
        return PROOFS[service][operation]
    except KeyError:
        raise UnknownActionError(
            f"{service}:{operation} has no row in {__name__}: what proves that it was done?"
        ) from None


def check_head(service: str, operation: str, headers: Mapping[str, str]) -> None:
    """Check what is known before the body is read: the request id and the action's headers.

    :raises AnswerIncompleteError: something is missing.
    """
    missing = [name for name in proof_of(service, operation).headers if not headers.get(name)]
    if not any(headers.get(name) for name in REQUEST_ID_HEADERS):
        missing.append("request id")
    if missing:
        raise AnswerIncompleteError(f"{service}:{operation}", ", ".join(missing))


def check_body(
    service: str,
    operation: str,
    headers: Mapping[str, str],
    content: bytes,
    members: Mapping[str, object],
    *,
    request: Mapping[str, object],
) -> None:
    """Check what is known when the body was read.

    :param members: the output, parsed. :param request: the input's members, as far as they are named in the row.
    :raises AnswerIncompleteError: something is missing, or isn't what was sent.
    """
    proof, missing = proof_of(service, operation), []
    checksum = headers.get(_CHECKSUM)
    if checksum is not None and checksum != str(crc32(content)):
        missing.append(f"a body that matches {_CHECKSUM}")
    if proof.document and not content:
        missing.append("body")
    if UNREADABLE in members:
        missing.append("a body of the service's form")
    if _is_error(content):
        missing.append("a result: it is an error")
    optional = {"Items"} if request.get("Select") == "COUNT" else set()
    missing += [name for name in proof.members if name not in optional and not _holds(members, name)]
    if proof.entries:
        missing += [f"entry {entry}" for entry in _unanswered(_entries(request, "Entries"), members)]
    if missing:
        raise AnswerIncompleteError(f"{service}:{operation}", ", ".join(missing))


def _holds(members: Mapping[str, object], name: str) -> bool:
    value: object = members
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value is not None and value != ""


def _is_error(content: bytes) -> bool:
    """Whether it is an error document of AWS JSON, whatever its status."""
    if not content.startswith(b"{") or b'"__type"' not in content:
        return False
    try:
        return "__type" in json.loads(content)
    except ValueError:
        return True


def _unanswered(sent: Iterable[Mapping[str, object]], members: Mapping[str, object]) -> list[str]:
    answered = {entry.get("Id") for part in ("Successful", "Failed") for entry in _entries(members, part)}
    return [str(entry["Id"]) for entry in sent if entry["Id"] not in answered]


def _entries(members: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = members.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list | tuple) else []
