"""Acknowledging a finding of the checks at synthesis (cdk-nag, the CDK's own), with its reason for a reviewer."""

import json

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *, reason: str, findings: tuple[str, ...], by: str = "AwsSolutions") -> None:
    """Record that these findings on this construct are intended.

    :param findings: rule names as the report prints them, after ``<by>::``.
    """
    rules = [Acknowledgment(id=f"{by}::{finding}", reason=reason) for finding in findings]
    Validations.of(construct).acknowledge(*rules)


def acknowledge_wildcards(construct: IConstruct, *, reason: str, resources: tuple[str, ...]) -> None:
    """Record that a policy may name these resources with wildcards. Another one would be a finding again.

    :param resources: as in the policy, tokens and all; one of another stack as ``seen_from`` gives it.
    """
    stack = Stack.of(construct)
    findings = tuple(f"AwsSolutions-IAM5[Resource::{_as_reported(stack.resolve(each))}]" for each in resources)
    acknowledge(construct, reason=reason, findings=findings)


def seen_from(construct: IConstruct, *, owner: IConstruct, arn: str) -> str:
    """Return an attribute of another construct as templates of this construct's stack name it: own, or imported."""
    stack, owning_stack = Stack.of(construct), Stack.of(owner)
    return arn if stack.node.path == owning_stack.node.path else str(owning_stack.export_value(arn))


def _as_reported(reference: object) -> str:
    """Write a resolved reference the way cdk-nag's report does: ``<LogicalId.Arn>/*``."""
    match reference:
        case str():
            return reference.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_as_reported(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _as_reported(name)
        case {"Ref": str(name)}:
            return f"<{name}>"
        case _:
            return json.dumps(reference, separators=(",", ":"))
