"""After a deployment: the properties that the emulator's CloudFormation ignores, applied through the public API.

Time to live and point-in-time recovery of tables; lifecycle, encryption and ownership of buckets. Real
CloudFormation applies them from the same templates, which the stacks' own tests assert.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.accounts import Accounts
from local.deployment.intrinsics import Scope

type Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack with its template, in an account."""

    accounts: Accounts
    account: str
    name: str
    template: Path
    region: str

    def client(self, service: str) -> Any:
        """Give a client of the stack's account and Region."""
        return self.accounts.client(service, self.account, region=self.region)

    def physical_ids(self) -> dict[str, str]:
        """Give the resources' physical ids by logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def parameters(self) -> dict[str, str]:
        """Give the parameters it was deployed with, and the pseudo parameters."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        given = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack.get("Parameters", [])}
        return {**given, "AWS::Region": self.region, "AWS::AccountId": self.account, "AWS::Partition": "aws"}


def apply_ignored_properties(stack: DeployedStack) -> list[str]:
    """Apply them for every table and bucket of the stack. Gives what was applied, for the log."""
    template = json.loads(stack.template.read_text())
    physical = stack.physical_ids()

    def attribute(logical_id: str, name: str) -> str:
        found = physical[logical_id]  # of what is applied here, only an encryption's key is referred to
        assert name == "Arn", name
        return found if found.startswith("arn:") else f"arn:aws:kms:{stack.region}:{stack.account}:key/{found}"

    scope = Scope(template.get("Conditions", {}), {**physical, **stack.parameters()}, attribute)
    applied = []
    for logical_id, resource in template["Resources"].items():
        for name, apply in APPLIERS.get(resource["Type"], {}).items():
            written = resource.get("Properties", {}).get(name)
            if written is not None and logical_id in physical:
                apply(stack, physical[logical_id], scope.value(written))
                applied.append(f"{physical[logical_id]}: {name}")
    return applied


def _time_to_live(stack: DeployedStack, table: str, value: Properties) -> None:
    stack.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=value)


def _recovery(stack: DeployedStack, table: str, value: Properties) -> None:
    stack.client("dynamodb").update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=value)


def _lifecycle(stack: DeployedStack, bucket: str, value: Properties) -> None:
    rules = [_lifecycle_rule(rule) for rule in value["Rules"]]
    stack.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(rule: Properties) -> Properties:
    """Say CloudFormation's rule in the API's words."""
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    said: Properties = {name: rule[name] for name in same if name in rule}
    said["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Id" in rule:
        said["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        said["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "Transitions" in rule:
        said["Transitions"] = [
            {"Days": step["TransitionInDays"], "StorageClass": step["StorageClass"]} for step in rule["Transitions"]
        ]
    return said


def _encryption(stack: DeployedStack, bucket: str, value: Properties) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    stack.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _ownership(stack: DeployedStack, bucket: str, value: Properties) -> None:
    stack.client("s3").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=value)


APPLIERS: dict[str, dict[str, Callable[[DeployedStack, str, Any], None]]] = {
    "AWS::DynamoDB::Table": {
        "TimeToLiveSpecification": _time_to_live,
        "PointInTimeRecoverySpecification": _recovery,
    },
    "AWS::S3::Bucket": {
        "LifecycleConfiguration": _lifecycle,
        "BucketEncryption": _encryption,
        "OwnershipControls": _ownership,
    },
}
