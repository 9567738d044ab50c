"""The role that the processor runs as: on Lambda, on Kubernetes by web identity, or both."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.central_role import assume_for_one_tenant
from constructs_lib.limits import require, require_between
from constructs_lib.names import (
    PROCESSOR_ROLE_PATH,
    ROLE_NAME_LIMIT,
    SET_ASIDE_PREFIX,
    central_role_arn,
    processor_role_name,
)
from constructs_lib.queues import WorkQueue
from constructs_lib.tables import note_rotation, read_tenants
from constructs_lib.web_identity import WebIdentity

READ_QUEUE: Final = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
)


@dataclass(frozen=True, kw_only=True)
class OutsideLink:
    """How a delivery gets to the outside processor: its queue, and the key of the passes that its messages carry."""

    queue: WorkQueue
    pass_key: kms.IKey

    def permissions(self) -> list[iam.PolicyStatement]:
        """Return the statements of everyone who hands deliveries over to the outside."""
        return [
            iam.PolicyStatement(
                sid="HandOverToTheOutside", actions=["sqs:SendMessage"], resources=[self.queue.queue.queue_arn]
            ),
            iam.PolicyStatement(sid="MakePasses", actions=["kms:GenerateMac"], resources=[self.pass_key.key_arn]),
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables that say where the outside is."""
        return {"OUTSIDE_QUEUE_URL": self.queue.queue.queue_url, "PASS_KEY_ID": self.pass_key.key_arn}


@dataclass(frozen=True, kw_only=True)
class ProcessorResources:
    """What the processor works with, all of one account and Region. ``outside``: none, where no method needs it."""

    bucket: CentralLogBucket
    object_queue: WorkQueue
    delivery_queue: WorkQueue
    tenants: dynamodb.ITable
    delivery_configs: dynamodb.ITable
    parked_deliveries: dynamodb.ITable
    outside: OutsideLink | None = None


class ProcessorExecutionRole(Construct):
    """May do its own work in its own Region and assume the central role; nothing in a customer's account.

    :param stage: part of the fixed name, so that stages and Regions of one account don't clash.
    :param on_lambda: the Lambda service may assume it.
    :param web_identity: this service account may assume it; for the poller on Kubernetes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        resources: ProcessorResources,
        on_lambda: bool = True,
        web_identity: WebIdentity | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        name = processor_role_name(stage, stack.region)
        require(
            holds=on_lambda or web_identity is not None,
            constraint="a host must be able to assume the role: on_lambda, web_identity, or both",
        )
        require_between("length of the role's name", len(name), 1, ROLE_NAME_LIMIT, unit="characters")
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            path=PROCESSOR_ROLE_PATH,
            description="Runs the log processor",
            assumed_by=hosts(on_lambda=on_lambda, web_identity=web_identity),
        )
        for statement in _statements(resources, stack.account):
            self.role.add_to_policy(statement)
        resources.bucket.grant_use_of_key(self.role, "kms:GenerateDataKey")
        resources.bucket.acknowledge_pattern(
            self.role,
            key_pattern=f"{SET_ASIDE_PREFIX}*",
            reason="Events set aside are kept under their tenant and day, which come with them.",
        )


def hosts(*, on_lambda: bool, web_identity: WebIdentity | None) -> iam.IPrincipal:
    """Return who may assume a processor's role: Lambda, a service account, or both."""
    found: list[iam.PrincipalBase] = []
    if on_lambda:
        found.append(iam.ServicePrincipal("lambda.amazonaws.com"))  # why without a condition: pipeline_function
    if web_identity is not None:
        found.append(web_identity.principal())
    return found[0] if len(found) == 1 else iam.CompositePrincipal(*found)


def _statements(resources: ProcessorResources, account: str) -> list[iam.PolicyStatement]:
    work = (resources.object_queue, resources.delivery_queue)
    return [
        iam.PolicyStatement(
            sid="ReadWork", actions=list(READ_QUEUE), resources=[each.queue.queue_arn for each in work]
        ),
        iam.PolicyStatement(
            sid="HandOver",
            actions=["sqs:SendMessage"],
            resources=[
                resources.delivery_queue.queue.queue_arn,
                *(each.dead_letter_queue.queue_arn for each in work),
            ],
        ),
        iam.PolicyStatement(
            sid="ReadDeliveryConfigs",
            actions=["dynamodb:Query", "dynamodb:GetItem"],
            resources=[resources.delivery_configs.table_arn],
        ),
        read_tenants(resources.tenants),
        note_rotation(resources.tenants),
        iam.PolicyStatement(
            sid="ParkDeliveries",
            actions=["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[resources.parked_deliveries.table_arn],
        ),
        iam.PolicyStatement(
            sid="SetEventsAside",
            actions=["s3:PutObject"],
            resources=[resources.bucket.objects_arn(f"{SET_ASIDE_PREFIX}*")],
        ),
        assume_for_one_tenant(central_role_arn(account)),
        *(resources.outside.permissions() if resources.outside else ()),
    ]
