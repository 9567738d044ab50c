"""What the requests and answers of the often called services look like: their protocols, as far as they are needed.

Members have the names that the services' API references give them; a test holds both directions to the SDK's own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode


class UnreadableAnswerError(Exception):
    """It may be a good answer, but not of the form that is known here."""


class ServiceProtocol(Protocol):
    """Writes a request and reads an answer."""

    def headers(self, operation: str) -> dict[str, str]:
        """Give the headers that say what the request is."""

    def write(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Give its body."""

    def read(self, operation: str, content: bytes) -> dict[str, Any]:
        """Give the members of a good answer's body.

        :raises UnreadableAnswerError: the SDK may know what it means.
        """


@dataclass(frozen=True, slots=True)
class AwsJson:
    """AWS JSON 1.0: SQS and DynamoDB. No member that is asked for here is a time or a blob."""

    target: str

    def headers(self, operation: str) -> dict[str, str]:
        """Name the operation."""
        return {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{self.target}.{operation}"}

    def write(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Write the members as JSON."""
        del operation
        return json.dumps(request, separators=(",", ":")).encode()

    def read(self, operation: str, content: bytes) -> dict[str, Any]:
        """Read JSON."""
        del operation
        try:
            members = json.loads(content or b"{}")
        except ValueError as error:
            raise UnreadableAnswerError from error
        if not isinstance(members, dict):
            raise UnreadableAnswerError
        return members


@dataclass(frozen=True, slots=True)
class AwsQuery:
    """The query protocol, for AssumeRole alone."""

    version: str

    def headers(self, operation: str) -> dict[str, str]:
        """The body itself names the operation."""
        del operation
        return {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}

    def write(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Write the members as a form; lists and their members are numbered."""
        form = {"Action": operation, "Version": self.version}
        for name, value in request.items():
            form.update(_flat(name, value))
        return urlencode(form).encode()

    def read(self, operation: str, content: bytes) -> dict[str, Any]:
        """Read the credentials of AssumeRole's answer."""
        del operation
        found: dict[str, Any] = dict(_CREDENTIAL.findall(content.decode("utf-8", "replace")))
        try:
            found["Expiration"] = datetime.fromisoformat(found["Expiration"])
        except (KeyError, ValueError) as error:
            raise UnreadableAnswerError from error
        if len(found) != len(_CREDENTIALS):
            raise UnreadableAnswerError
        return {"Credentials": found}


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
PROTOCOLS: Mapping[str, ServiceProtocol] = {
    "sqs": AwsJson("AmazonSQS"),
    "dynamodb": AwsJson("DynamoDB_20120810"),
    "sts": AwsQuery("2011-06-15"),
}
