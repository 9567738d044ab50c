"""The central role alone: customers pin it, so no other change may require replacing its stack."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from constructs_lib.central_role import CentralLogDistributionRole


class CentralRoleStack(Stack):
    """One for the whole system, in one Region; retained when the stack is deleted."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        tags: Mapping[str, str],
        termination_protection: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            termination_protection=termination_protection,
            description="logrouter: the role that customers trust",
            tags=dict(tags) or None,
        )
        self.central_role = CentralLogDistributionRole(self, "CentralLogDistributionRole")
        CfnOutput(
            self,
            "CentralLogDistributionRoleArn",
            value=self.central_role.role.role_arn,
            description="The role that customers pin: give them this ARN",
        )
