"""Requests and responses of the often called services: the parts of their protocols that are needed.

Members have the names that the services' API references give them; a test holds both directions to the SDK's own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode


class UnreadableResponseError(Exception):
    """A body that isn't of the service's form."""


class ServiceProtocol(Protocol):
    """Writes a request and reads a response."""

    def headers(self, operation: str) -> dict[str, str]:
        """Return the headers that say what the request is."""

    def write(self, operation: str, request: Mapping[str, object]) -> bytes:
        """Return its body."""

    def read(self, operation: str, content: bytes) -> dict[str, object]:
        """Return the members of a successful response's body.

        :raises UnreadableResponseError: it has another form.
        """


@dataclass(frozen=True, slots=True)
class AwsJson:
    """AWS JSON: no member that is asked for here is a time; a blob is given, and comes, in base64."""

    target: str
    version: str = "1.0"

    def headers(self, operation: str) -> dict[str, str]:
        """Name the operation."""
        return {"content-type": f"application/x-amz-json-{self.version}", "x-amz-target": f"{self.target}.{operation}"}

    def write(self, operation: str, request: Mapping[str, object]) -> bytes:
        """Write the members as JSON."""
        del operation
        return json.dumps(request, separators=(",", ":")).encode()

    def read(self, operation: str, content: bytes) -> dict[str, object]:
        """Read JSON."""
        del operation
        try:
            members = json.loads(content or b"{}")
        except ValueError as error:
            raise UnreadableResponseError from error
        if not isinstance(members, dict):
            raise UnreadableResponseError
        return members


@dataclass(frozen=True, slots=True)
class AwsQuery:
    """The query protocol, of which one operation of each service is needed.

    :param members: reads the response's members; raises ``UnreadableResponseError``.
    """

    version: str
    members: Callable[[str], dict[str, object]]

    def headers(self, operation: str) -> dict[str, str]:
        """The body itself names the operation."""
        del operation
        return {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}

    def write(self, operation: str, request: Mapping[str, object]) -> bytes:
        """Write the members as a form; lists and their members are numbered."""
        form = {"Action": operation, "Version": self.version}
        for name, value in request.items():
            form.update(_flat(name, value))
        return urlencode(form).encode()

    def read(self, operation: str, content: bytes) -> dict[str, object]:
        """Read its one operation's response."""
        del operation
        return self.members(content.decode("utf-8", "replace"))


def _assumed(text: str) -> dict[str, object]:
    found: dict[str, str] = dict(_CREDENTIAL.findall(text))
    try:
        expires_at = datetime.fromisoformat(found["Expiration"])
    except (KeyError, ValueError) as error:
        raise UnreadableResponseError from error
    if len(found) != len(_CREDENTIALS):
        raise UnreadableResponseError
    return {"Credentials": found | {"Expiration": expires_at}}


def _published(text: str) -> dict[str, object]:
    found = _MESSAGE_ID.search(text)
    return {"MessageId": found[1]} if found else {}


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from _flat(f"{name}.member.{number}", member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _flat(f"{name}.{key}", member)
    else:
        yield name, str(value)


_CREDENTIALS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
_CREDENTIAL = re.compile(rf"<({'|'.join(_CREDENTIALS)})>\s*([^<&]*?)\s*</")  # what is escaped isn't read here
_MESSAGE_ID = re.compile(r"<MessageId>\s*([^<&]+?)\s*</MessageId>")
PROTOCOLS: Mapping[str, ServiceProtocol] = {
    "sqs": AwsJson("AmazonSQS"),
    "dynamodb": AwsJson("DynamoDB_20120810"),
    "logs": AwsJson("Logs_20140328", "1.1"),
    "kms": AwsJson("TrentService", "1.1"),
    "secretsmanager": AwsJson("secretsmanager", "1.1"),
    "events": AwsJson("AWSEvents", "1.1"),
    "sns": AwsQuery("2010-03-31", _published),
    "sts": AwsQuery("2011-06-15", _assumed),
}
