"""The outside processor as a function: the same code where deliveries connect to addresses that customers choose."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.names import OUTSIDE_ROLE_PATH
from constructs_lib.outside_network import OutsideNetwork
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.processor import HANDLER, ProcessorSize, feed
from constructs_lib.processor_execution_role import READ_QUEUE, hosts
from constructs_lib.queues import WorkQueue
from constructs_lib.web_identity import WebIdentity

_MAKE_INTERFACES: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_FIND_INTERFACES: Final = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
_OWN_NETWORK: Final = tuple(
    f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:{kind}/*"
    for kind in ("network-interface", "subnet", "security-group")
)
"""Source: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC"."""


class OutsideExecutionRole(Construct):
    """May work on its own queue, and ask the session issuer; nothing of a tenant's, nothing of AWS' besides.

    Its path is none that the central role trusts.

    :param queue: none, for a function that has no work of its own.
    :param on_lambda: the Lambda service may assume it. :param in_network: it runs in a VPC, and makes interfaces there.
    :param web_identity: this service account may assume it; for the poller on Kubernetes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: WorkQueue | None,
        issuer: lambda_.IFunction,
        on_lambda: bool,
        in_network: bool,
        web_identity: WebIdentity | None,
        description: str = "Runs the outside processor",
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            path=OUTSIDE_ROLE_PATH,
            description=description,
            assumed_by=hosts(on_lambda=on_lambda, web_identity=web_identity),
        )
        for statement in (
            *(_work(queue) if queue is not None else ()),
            iam.PolicyStatement(
                sid="AskForSessions", actions=["lambda:InvokeFunction"], resources=[issuer.function_arn]
            ),
            *(_interfaces() if in_network else ()),
        ):
            self.role.add_to_policy(statement)
        if in_network:
            acknowledge_wildcards(
                self.role,
                reason="Lambda's interfaces have no names before they are made; the function's own code is denied.",
                resources=("*", *_OWN_NETWORK),
            )


class OutsideProcessor(PipelineFunction):
    """Function with the outside's queue as its one event source.

    :param settings: with the outside's own code, which has the client libraries.
    :param network: the VPC that it runs in; ``None``: Lambda's own network.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        role: iam.IRole,
        queue: WorkQueue,
        environment: dict[str, str],
        size: ProcessorSize,
        network: OutsideNetwork | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Delivers log objects to addresses of customers' own",
            memory_mib=size.memory_mib,
            timeout=size.timeout,
            environment=environment,
            permissions=(),
            role=role,
            policy_id="WriteOwnLog",
            reserved_concurrent_executions=size.reserved_concurrency,
            recursive_loop=lambda_.RecursiveLoop.ALLOW,  # as the processor's
            **(network.of_function() if network else {}),
        )
        self.function.node.add_dependency(self.policy)
        feed(self.function, "DeliverySource", queue, size)


def _work(queue: WorkQueue) -> list[iam.PolicyStatement]:
    own = [queue.queue.queue_arn, queue.dead_letter_queue.queue_arn]
    return [
        iam.PolicyStatement(sid="ReadWork", actions=[*READ_QUEUE], resources=[queue.queue.queue_arn]),
        iam.PolicyStatement(sid="HandOver", actions=["sqs:SendMessage"], resources=own),
    ]


def _interfaces() -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(sid="AttachToTheNetwork", actions=[*_MAKE_INTERFACES], resources=[*_OWN_NETWORK]),
        iam.PolicyStatement(sid="FindTheNetwork", actions=[*_FIND_INTERFACES], resources=["*"]),
        iam.PolicyStatement(
            # The same guide: what Lambda needs, the function's own code would have, too. The key is present where that
            # code calls (IAM user guide, lambda:SourceFunctionArn).
            sid="NeverByTheCodeItself",
            effect=iam.Effect.DENY,
            actions=["ec2:*"],
            resources=["*"],
            conditions={"Null": {"lambda:SourceFunctionArn": "false"}},
        ),
    ]
