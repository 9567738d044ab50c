"""The functions that make test deliveries: one inside, which the API starts, and one outside, which that one asks."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.central_role import assume_for_one_tenant, role_of_function
from constructs_lib.limits import require_between
from constructs_lib.names import central_role_arn
from constructs_lib.outside_network import OutsideNetwork
from constructs_lib.outside_reader import TenantData
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.processor_environment import ProcessorTuning
from constructs_lib.tables import read_tenants
from runtime.delivery_state.delivery_tests import BEGUN_WITHIN_SECONDS

HANDLER: Final = "runtime.delivery_test.lambda_handler.handler"
OUTSIDE_HANDLER: Final = "runtime.delivery_test.lambda_handler.outside_handler"
MOST_RETRIED: Final = Duration.seconds(60)
"""How long IAM may need to spread a change: "a few seconds", rarely more (IAM user guide, troubleshooting)."""
_TIMEOUT: Final = Duration.minutes(2)
"""The tries of a minute, and the last of them."""
_OUTSIDE_TIMEOUT: Final = Duration.seconds(19)
"""Below the 20 s that the inside waits for it: an endpoint that hangs is an error that says so."""
_MEMORY_MIB: Final = 512
"""For its processor share: somebody waits for it."""


_ENABLING: Final = {
    "ForAllValues:StringEquals": {
        "dynamodb:Attributes": ["tenant_id", "type", "version", "enabled", "enable_after_test", "disabled_reason"]
    },
    "Null": {"dynamodb:Attributes": "false"},
    "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
}
"""What enables a config (``runtime/delivery_config/marks.py``), and nothing that says where it delivers to."""


@dataclass(frozen=True, kw_only=True)
class OutsideTests:
    """The function that tries the outside's methods, and the key of the passes that it wants."""

    function: lambda_.IFunction
    pass_key: kms.IKey


class DeliveryTesterFunction(PipelineFunction):
    """Assumes the central role for one tenant, as the processor does, and delivers one marked event.

    Its own role lies where the central role's trust expects it. The API may start it, and gets none of that.

    :param retried: how long a refusal is tried again that IAM's delay may explain; at most a minute.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        tenants: TenantData,
        outside: OutsideTests | None = None,
        retried: Duration = MOST_RETRIED,
    ) -> None:
        require_between("retried", retried.to_seconds(), 0, MOST_RETRIED.to_seconds(), unit="seconds")
        central_role = central_role_arn(Stack.of(scope).account)
        role = role_of_function(scope, f"{construct_id}Role", description="Makes test deliveries")
        asked = {} if outside is None else _asking(outside)
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Makes test deliveries",
            memory_mib=_MEMORY_MIB,
            timeout=_TIMEOUT,
            environment={
                "TENANT_CONFIG_TABLE": tenants.delivery_configs.table_name,
                "TENANTS_TABLE": tenants.records.table_name,
                "PARKED_DELIVERIES_TABLE": tenants.parked_deliveries.table_name,
                "CENTRAL_BUCKET": tenants.bucket.bucket_name,
                "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role,
                "TEST_RETRY_SECONDS": str(retried.to_seconds()),
                **asked,
            },
            permissions=_permissions(tenants, central_role, outside),
            role=role,
            retry_attempts=0,  # a test whose function died has no answer; another one can be started
            max_event_age=Duration.seconds(BEGUN_WITHIN_SECONDS),
        )


class OutsideTesterFunction(PipelineFunction):
    """Tries what connects to addresses that customers choose, where such deliveries are made.

    :param settings: with the outside's own code. :param role: may ask the session issuer, and nothing of a tenant's.
    :param network: the VPC of the outside; ``None``: Lambda's own network.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        role: iam.IRole,
        issuer: lambda_.IFunction,
        tenants: TenantData,
        tuning: ProcessorTuning,
        network: OutsideNetwork | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=OUTSIDE_HANDLER,
            description="Makes test deliveries to addresses of customers' own",
            memory_mib=_MEMORY_MIB,
            timeout=_OUTSIDE_TIMEOUT,
            environment={
                "TENANT_CONFIG_TABLE": tenants.delivery_configs.table_name,
                "TENANTS_TABLE": tenants.records.table_name,
                "CENTRAL_BUCKET": tenants.bucket.bucket_name,
                "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role_arn(Stack.of(scope).account),
                "SESSION_ISSUER": issuer.function_name,
                "ALLOW_LOOPBACK": str(tuning.allow_loopback),
            },
            permissions=(),
            role=role,
            policy_id="WriteOwnLog",
            **(network.of_function() if network else {}),
        )
        self.function.node.add_dependency(self.policy)


def _asking(outside: OutsideTests) -> dict[str, str]:
    return {"OUTSIDE_TESTER": outside.function.function_name, "PASS_KEY_ID": outside.pass_key.key_arn}


def _permissions(tenants: TenantData, central_role: str, outside: OutsideTests | None) -> list[iam.PolicyStatement]:
    asking = (
        []
        if outside is None
        else [
            iam.PolicyStatement(
                sid="AskTheOutside", actions=["lambda:InvokeFunction"], resources=[outside.function.function_arn]
            ),
            iam.PolicyStatement(sid="MakePasses", actions=["kms:GenerateMac"], resources=[outside.pass_key.key_arn]),
        ]
    )
    return [
        iam.PolicyStatement(
            sid="ReadDeliveryConfigs", actions=["dynamodb:Query"], resources=[tenants.delivery_configs.table_arn]
        ),
        read_tenants(tenants.records),
        iam.PolicyStatement(
            sid="EnableWhatHasPassed",
            actions=["dynamodb:UpdateItem"],
            resources=[tenants.delivery_configs.table_arn],
            conditions=_ENABLING,
        ),
        iam.PolicyStatement(
            sid="WriteResults",
            actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
            resources=[tenants.parked_deliveries.table_arn],
        ),
        assume_for_one_tenant(central_role),
        *asking,
    ]
