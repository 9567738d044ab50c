"""The session issuer: the one function that may give the outside processor a tenant's session."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.central_role import assume_for_one_tenant, role_of_function
from constructs_lib.names import central_role_arn
from constructs_lib.outside_reader import OutsideReader, TenantData
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.tables import read_tenants

HANDLER: Final = "runtime.session_issuer.lambda_handler.handler"
TIMEOUT: Final = Duration.seconds(15)
"""Below the 20 s that the outside waits for it: a slow answer of STS is an error that says so."""
_MEMORY_MIB: Final = 512
"""For its processor share: it makes three calls, and a delivery waits for them."""


class SessionIssuerFunction(PipelineFunction):
    """Function that checks a message's pass and assumes ``outside-reader`` for its tenant; and the passes' key.

    For a method with a second hop it assumes the central role, as the processor does, and from there the role that the
    tenant's delivery config names. Its own role lies where the central role's trust expects it.

    :param removal_policy: of the key. Without it no message in the outside's queue is good for anything.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        tenants: TenantData,
        removal_policy: RemovalPolicy,
    ) -> None:
        account = Stack.of(scope).account
        # HMAC keys can't be rotated automatically (KMS developer guide, "HMAC keys").
        self.pass_key = kms.Key(
            scope,
            f"{construct_id}PassKey",
            description="logrouter: passes of deliveries to the outside processor",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
            removal_policy=removal_policy,
        )
        role = role_of_function(scope, f"{construct_id}Role", description="Issues the outside processor's sessions")
        self.reader = OutsideReader(scope, "OutsideReader", issuer=role, tenants=tenants)
        central_role = central_role_arn(account)
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Issues the outside processor's sessions",
            memory_mib=_MEMORY_MIB,
            timeout=TIMEOUT,
            environment={
                "TENANT_CONFIG_TABLE": tenants.delivery_configs.table_name,
                "TENANTS_TABLE": tenants.records.table_name,
                "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role,
                "OUTSIDE_READER_ROLE_ARN": self.reader.role.role_arn,
                "PASS_KEY_ID": self.pass_key.key_arn,
            },
            permissions=_permissions(self.pass_key, self.reader, central_role, tenants),
            role=role,
        )


def _permissions(
    pass_key: kms.IKey, reader: OutsideReader, central_role: str, tenants: TenantData
) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(sid="CheckPasses", actions=["kms:VerifyMac"], resources=[pass_key.key_arn]),
        assume_for_one_tenant(reader.role.role_arn, sid="AssumeTheReaderForOneTenant"),
        assume_for_one_tenant(central_role),
        iam.PolicyStatement(
            sid="ReadDeliveryConfigs", actions=["dynamodb:Query"], resources=[tenants.delivery_configs.table_arn]
        ),
        read_tenants(tenants.records),
    ]
