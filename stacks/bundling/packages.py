"""What goes into each function's zip, and what it may weigh."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class FunctionPackage:
    """What one function's zip is made of.

    :param requirements: its pins, as a path in the project.
    :param services: those that it calls; the rest of the SDK's descriptions (90 % of it) is cut.
    :param without: folders of the sources that it never imports: a change there doesn't change this function.
    :param zip_budget_bytes: its size and a tenth. A cold start loads all of it: a commit that raises it says why.
    """

    name: str
    requirements: str
    services: tuple[str, ...]
    without: tuple[str, ...]
    zip_budget_bytes: int


PROCESSOR: Final = FunctionPackage(
    name="processor",
    requirements="runtime/processor/requirements.txt",
    services=("dynamodb", "logs", "s3", "sqs", "sts"),
    without=("api", "conformance"),
    zip_budget_bytes=13_000_000,
)
OUTSIDE: Final = FunctionPackage(
    name="outside",
    requirements="runtime/processor/requirements-outside.txt",
    services=("dynamodb", "s3", "secretsmanager", "sqs", "sts"),
    without=("api", "conformance"),
    zip_budget_bytes=18_600_000,
)
"""The processor with the client libraries of methods that connect to customers' addresses: they are in no other zip."""
API: Final = FunctionPackage(
    name="api",
    requirements="runtime/api/requirements.txt",
    services=("dynamodb", "s3"),
    without=("conformance",),
    zip_budget_bytes=13_400_000,
)
