"""What every function of this pipeline has in common: a log of its own, and a pinned runtime."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import IConstruct

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
