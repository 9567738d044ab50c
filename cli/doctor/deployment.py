"""What the checks look at: the stacks' outputs, and the resources that they name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.operation.sources import Sources


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: what, how, and what to change."""

    subject: str
    wrong: str
    change: str


@dataclass(frozen=True, slots=True)
class DeployedRegion:
    """One Region's installation."""

    sources: Sources

    def output(self, name: str) -> str:
        """Return an output; empty where the stacks have none of that name."""
        return self.sources.installation.outputs.get(name, "")

    def client(self, service: str) -> Any:
        """Return a client of the central account."""
        return self.sources.client(service)

    def queue(self, output: str) -> dict[str, Any]:
        """Return a queue's attributes."""
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.output(output), AttributeNames=["All"])
        attributes: dict[str, Any] = answer["Attributes"]
        return attributes

    def function(self, output: str) -> dict[str, Any]:
        """Return a function's configuration."""
        answer: dict[str, Any] = self.client("lambda").get_function_configuration(FunctionName=self.output(output))
        return answer


def statements(policy: str | None) -> list[dict[str, Any]]:
    """Return the statements of a policy's text."""
    found = json.loads(policy)["Statement"] if policy else []
    return found if isinstance(found, list) else [found]


@contextmanager
def missing(findings: list[Finding], subject: str) -> Iterator[None]:
    """Record that something can't be read: it doesn't exist, or the caller has no permission."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        change = "deploy its stack again, or grant the caller read access to it"
        findings.append(Finding(subject, f"can't be read: {code}", change))


def name_of(url_or_arn: str) -> str:
    """Return a queue's name, of its URL or ARN."""
    return url_or_arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
