"""The central account's own resources, found by the stacks' outputs: the same in AWS and locally."""

import os
from dataclasses import dataclass
from functools import cached_property

from botocore.exceptions import ClientError

from runtime.aws.clients import AwsClients

STACKS = ("Storage", "Collection", "Processing")
CENTRAL_ROLE = "/logrouter/CentralLogDistributionRole"
"""Path and name, as ``constructs_lib.names`` has them: customers pin them (contract §6)."""
OUTSIDE = "Outside"
"""The stack of the outside processor, which not every stage has."""


@dataclass(frozen=True)
class Installation:
    """One Region's queues and tables. The caller needs permissions for them, and to read the stacks' outputs."""

    clients: AwsClients

    @classmethod
    def of_aws(cls, region: str, profile: str | None) -> "Installation":
        """Use what the SDK finds: environment, profile, SSO, role."""
        if profile:
            os.environ["AWS_PROFILE"] = profile
        return cls(AwsClients(region))

    @classmethod
    def of_emulator(cls, endpoint_url: str, region: str, account: str) -> "Installation":
        """Use the embedded cloud, as its central account's root."""
        os.environ |= {"AWS_ENDPOINT_URL": endpoint_url, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        return cls(AwsClients(region))

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stacks' outputs, all in one."""
        found: dict[str, str] = {}
        for part in STACKS:
            found |= self._outputs_of(part)
        return found

    @cached_property
    def outside(self) -> dict[str, str]:
        """The outputs of the outside's stack; none where the stage has no outside processor."""
        try:
            return self._outputs_of(OUTSIDE)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's word for a missing stack
                return {}
            raise

    @cached_property
    def central_role_arn(self) -> str:
        """The role that customers trust: in the caller's account, where the API is. Everybody may ask for their own."""
        _, partition, _, _, account, _ = self.clients.client("sts").get_caller_identity()["Arn"].split(":", 5)
        return f"arn:{partition}:iam::{account}:role{CENTRAL_ROLE}"

    def _outputs_of(self, part: str) -> dict[str, str]:
        name = f"LogRouter{part}-{self.clients.region}"
        (stack,) = self.clients.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
