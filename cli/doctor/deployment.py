"""What the checks read: the stacks' outputs, and the resources that they name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.operation.sources import Sources
from runtime.aws.clients import AwsClients

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef


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

    @property
    def clients(self) -> AwsClients:
        """The central account's clients."""
        return self.sources.clients

    def queue(self, output: str) -> dict[str, str]:
        """Return a queue's attributes."""
        answer = self.clients.client("sqs").get_queue_attributes(QueueUrl=self.output(output), AttributeNames=["All"])
        return {str(name): value for name, value in answer["Attributes"].items()}

    def function(self, output: str) -> "FunctionConfigurationResponseTypeDef":
        """Return a function's configuration."""
        return self.clients.client("lambda").get_function_configuration(FunctionName=self.output(output))


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
