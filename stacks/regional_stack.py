"""What the stacks of a Region have in common: stage, tag, protection, and what their functions share."""

from aws_cdk import CfnOutput, Environment, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.tracing import Tracing
from stacks.stages import StageConfig


class RegionalStack(Stack):
    """One part of a stage in one Region.

    :param purpose: what it holds, for its description.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, stage: StageConfig, purpose: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            termination_protection=stage.termination_protection,
            description=f"logrouter: {purpose}",
            tags={
                **stage.tags,
                "logrouter:stage": stage.name,
            },  # CloudFormation gives them to what is in it
        )
        self.stage = stage
        Tags.of(self).add("logrouter:stage", stage.name)

    def output(self, name: str, value: str, description: str) -> None:
        """Write an output, which the commands read by its name and people on the stack's page."""
        CfnOutput(self, name, value=value, description=description)

    def function_settings(self, code: lambda_.Code) -> FunctionSettings:
        """Return what the stage's functions share, with that code."""
        return FunctionSettings(
            code=code,
            architecture=self.stage.architecture.of_lambda,
            log_level=self.stage.tuning.log_level,
            log_retention=self.stage.function_log_kept,
        )

    def trace(self, *functions: lambda_.Function, api: apigateway.RestApi | None = None, priority: int = 1000) -> None:
        """Trace them where the stage traces anything; ``priority`` as of ``Tracing``."""
        share = self.stage.monitoring.traced_share
        if share:
            Tracing(self, "Tracing", functions=functions, api=api, share=share, priority=priority)
