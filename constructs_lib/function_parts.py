"""What functions of this pipeline have in common: a log of their own, a pinned runtime, a role, a schedule."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from constructs_lib.acknowledgement import acknowledge, acknowledge_wildcards


def write_own_log(log_group: logs.ILogGroup) -> iam.PolicyStatement:
    """Let a function write into the log group that was made for it, and make none."""
    return iam.PolicyStatement(
        sid="WriteOwnLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
    )


def acknowledge_own_log(policy: IConstruct, log_group: logs.ILogGroup) -> None:
    """Record that the policy may name all streams of that group."""
    acknowledge_wildcards(
        policy,
        reason="The streams of its own log group; Lambda names them.",
        resources=(log_group.log_group_arn,),
    )


def acknowledge_pinned_runtime(function: lambda_.Function) -> None:
    """Record that the runtime's version isn't the newest one by itself."""
    acknowledge(
        function,
        reason="The pinned wheels and the byte code in the zip are made for this version; both move together.",
        findings=("AwsSolutions-L1",),
    )


def function_role(scope: Construct, *, description: str) -> iam.Role:
    """Return a role, without any permission yet, that Lambda assumes for a function.

    No condition: ``aws:SourceAccount`` isn't documented for the trust of an execution role, and a key that Lambda
    doesn't send would keep every function from starting. A function can only be given a role of its own account
    (``iam:PassRole``).
    """
    return iam.Role(scope, "Role", description=description, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def run_every(scope: Construct, function: lambda_.IFunction, every: Duration, *, description: str) -> None:
    """Run a function on a schedule, once a time: what one run leaves undone, the next one does."""
    events.Rule(
        scope,
        "Schedule",
        description=description,
        schedule=events.Schedule.rate(every),
        targets=[targets.LambdaFunction(function, retry_attempts=0)],
    )
