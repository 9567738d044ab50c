"""A request as the stand-ins see it, and what they answer with."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NUMBERS = count(1)


class ServiceError(Exception):
    """A refusal. ``more``: further members of its document."""

    def __init__(self, code, status=400, message="", **more):
        super().__init__(code)
        self.code = code
        self.status = status
        self.message = message
        self.more = more


@dataclass(slots=True)
class Answer:
    """What goes back: a status, headers in lower case and a body."""

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(slots=True)
class Call:
    """One request. ``request``: the members of JSON and query protocols; of S3 it is bucket, key and query."""

    service: str
    action: str
    access_key: str
    request: dict[str, Any]
    headers: dict[str, str]
    body: bytes

    @property
    def name(self):
        """What policies call it."""
        return f"{self.service}:{self.action}"


def read_call(method, url, target, headers, body):
    """Find out what a request is."""
    _, _, rest = headers["authorization"].partition("Credential=")
    access_key, _, _, service, _ = rest.partition(",")[0].split("/")
    if service == "s3":
        action, request = _s3(method, url, target, headers)
        return Call("s3", action, access_key, request, headers, body)
    if service == "sts":
        form = dict(parse_qsl(body.decode()))
        return Call("sts", form["Action"], access_key, form, headers, body)
    action = headers["x-amz-target"].rpartition(".")[2]
    return Call(service, action, access_key, json.loads(body), headers, body)


def _s3(method, url, target, headers):
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    bucket = urlsplit(url).netloc.split(".s3.")[0]
    key = unquote(parts.path[1:])
    if method == "GET" and not key:
        action = "ListObjectVersions" if "versions" in query else "ListObjectsV2"
    elif method == "PUT":
        action = "CopyObject" if "x-amz-copy-source" in headers else "PutObject"
    else:
        action = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[method]
    return action, {"bucket": bucket, "key": key, **query}


def identified(answer, service):
    """Add the request's id, which each service sends."""
    name = "x-amz-request-id" if service == "s3" else "x-amzn-requestid"
    answer.headers[name] = f"request-{next(NUMBERS)}"
    return answer


def as_answer(error, call):
    """Write a refusal in the service's protocol."""
    if call.service == "s3":
        text = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
        return Answer(b"" if call.action == "HeadObject" else text.encode(), {}, error.status)
    if call.service == "sts":
        text = f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
        return Answer(f"<ErrorResponse>{text}</ErrorResponse>".encode(), {}, error.status)
    document = {"__type": error.code, "message": error.message, **error.more}
    return Answer(json.dumps(document).encode(), {}, error.status)


def json_answer(document):
    """Answer with JSON."""
    return Answer(json.dumps(document).encode())
