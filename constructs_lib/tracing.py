"""X-Ray for the functions and the API of a stack: a share of all, so that its price is one's own choice."""

from typing import Final

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_xray as xray
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.limits import require_between

ACTIONS: Final = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
"""What Lambda does in the function's name (Lambda developer guide, "Visualize Lambda function invocations")."""


class Tracing(Construct):
    """Active tracing of functions, and a sampling rule for them; for an API also its stage's.

    What is seen is each invocation and where it came from: API Gateway, SQS. The calls that a function makes are in its
    delivery records; tracing them too would need X-Ray's SDK around every call.

    :param share: of the requests that are recorded, above 0, at most 1; without the usual first one of each second.
    :param priority: of the rule among all of the Region's; the lower number is asked first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: tuple[lambda_.Function, ...],
        share: float,
        api: apigateway.RestApi | None = None,
        priority: int = 1000,
    ) -> None:
        super().__init__(scope, construct_id)
        require_between("share", share, 0.0001, 1.0)
        for number, function in enumerate(functions):
            self._trace(function)
            self._sample(f"Function{number}", function.function_name, "AWS::Lambda::Function", share, priority + number)
        if api is not None:
            stage = api.deployment_stage.node.default_child
            assert isinstance(stage, apigateway.CfnStage)
            stage.tracing_enabled = True
            name = f"{api.rest_api_name}/{stage.stage_name}"
            self._sample("Api", name, "AWS::ApiGateway::Stage", share, priority + len(functions))

    def _trace(self, function: lambda_.Function) -> None:
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        assert function.role is not None
        policy = iam.Policy(
            self,
            f"Policy{function.node.path.replace('/', '')}",
            roles=[function.role],
            statements=[iam.PolicyStatement(sid="WriteTraces", actions=[*ACTIONS], resources=["*"])],
        )
        acknowledge_wildcards(policy, reason="X-Ray has no resources to name for what is written.", resources=("*",))

    def _sample(self, rule_id: str, service_name: str, service_type: str, share: float, priority: int) -> None:
        xray.CfnSamplingRule(
            self,
            rule_id,
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=f"logrouter-{self.node.addr[-8:]}-{rule_id}",
                service_name=service_name,
                service_type=service_type,
                fixed_rate=share,
                reservoir_size=0,
                priority=priority,
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
                version=1,
            ),
        )
