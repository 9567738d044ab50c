"""A function of the pipeline: a log group of its own, a role, its policy, a schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge, acknowledge_wildcards

LIVE: Final = "live"
"""The alias that is invoked under SnapStart, which takes snapshots of versions alone."""


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What the functions of a stage share.

    :param code: a directory or zip for the architecture; all functions but the API's have the same one.
    """

    code: lambda_.Code
    architecture: lambda_.Architecture = lambda_.Architecture.ARM_64
    log_level: str = "INFO"
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH


class PipelineFunction(Construct):
    """Python 3.13 function that writes its own log group and does what its permissions say, nothing else.

    :param permissions: statements of its role's policy, besides writing the log.
    :param environment: ``LOG_LEVEL`` is the settings' unless it is among these; ``AWS_REGION`` is Lambda's own to set.
    :param role: one that exists, for a function whose work runs elsewhere, too; else one of its own is made.
    :param policy_id: fixed by what is deployed already: another id would replace the policy.
    :param snap_start: start from a snapshot of the loaded function (Lambda charges for keeping and restoring it).
    :param more: further properties of ``lambda_.Function``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        handler: str,
        description: str,
        memory_mib: int,
        timeout: Duration,
        environment: Mapping[str, str],
        permissions: Sequence[iam.PolicyStatement],
        role: iam.IRole | None = None,
        role_description: str | None = None,
        policy_id: str = "Policy",
        runtime: lambda_.Runtime = lambda_.Runtime.PYTHON_3_13,
        snap_start: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self, "LogGroup", retention=settings.log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = role or _role(self, role_description or description)
        self.policy = self._policy(policy_id, permissions)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            code=settings.code,
            handler=handler,
            runtime=runtime,
            architecture=settings.architecture,
            role=self.role,
            environment={"LOG_LEVEL": settings.log_level, **environment},
            memory_size=memory_mib,
            timeout=timeout,
            log_group=self.log_group,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            **more,
        )
        acknowledge(
            self.function,
            reason="The pinned wheels and the byte code in the zip are made for this version; both move together.",
            findings=("AwsSolutions-L1",),
        )
        self.invoked: lambda_.IFunction = self.function.add_alias(LIVE) if snap_start else self.function

    def run_every(
        self,
        every: Duration,
        *,
        description: str,
        schedule_id: str = "Schedule",
        event: Mapping[str, Any] | None = None,
    ) -> None:
        """Invoke it on a schedule, without a retry: what one run leaves undone, the next one does.

        :param event: what it is invoked with, instead of EventBridge's own.
        """
        given = events.RuleTargetInput.from_object(event) if event else None
        events.Rule(
            self,
            schedule_id,
            description=description,
            schedule=events.Schedule.rate(every),
            targets=[targets.LambdaFunction(self.function, retry_attempts=0, event=given)],
        )

    def _policy(self, policy_id: str, permissions: Sequence[iam.PolicyStatement]) -> iam.Policy:
        own_log = iam.PolicyStatement(
            sid="WriteOwnLog",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[self.log_group.log_group_arn],
        )
        policy = iam.Policy(self, policy_id, roles=[self.role], statements=[*permissions, own_log])
        acknowledge_wildcards(
            policy,
            reason="The streams of its own log group; Lambda names them.",
            resources=(self.log_group.log_group_arn,),
        )
        return policy


def _role(scope: Construct, description: str) -> iam.Role:
    """Return a role, without any permission yet, that Lambda assumes.

    No condition: ``aws:SourceAccount`` isn't documented for the trust of an execution role, and a key that Lambda
    doesn't send would keep every function from starting. A function can only be given a role of its own account
    (``iam:PassRole``).
    """
    return iam.Role(scope, "Role", description=description, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
