"""The role ``outside-reader``: what may be done for one tenant from the outside, whatever is deployed there."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.names import OBJECT_KEY_PREFIX, SECRET_NAME_PREFIX, SET_ASIDE_PREFIX, TENANT_TAG
from constructs_lib.tables import read_tenants

_TENANT: Final = f"${{aws:PrincipalTag/{TENANT_TAG}}}"
_OBJECTS: Final = f"{OBJECT_KEY_PREFIX}{_TENANT}/*"
_SET_ASIDE: Final = f"{SET_ASIDE_PREFIX}{OBJECT_KEY_PREFIX}{_TENANT}/*"
_SECRETS: Final = (
    f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{SECRET_NAME_PREFIX}{_TENANT}/*"
)
_OWN_KEY: Final = {"dynamodb:LeadingKeys": [_TENANT]}
_OWN_ITEMS: Final = {
    "ForAllValues:StringEquals": _OWN_KEY,
    # For a request that names no key the condition above holds; such a request is refused.
    "Null": {"dynamodb:LeadingKeys": "false"},
}
"""Items under the tenant's partition key. Source: DynamoDB developer guide, "Using IAM policy conditions for
fine-grained access control"."""
_OWN_MARKS: Final = {
    "ForAllValues:StringEquals": {
        **_OWN_KEY,
        "dynamodb:Attributes": ["tenant_id", "type", "version", "verified_host", "enabled", "disabled_reason"],
    },
    "Null": {"dynamodb:LeadingKeys": "false", "dynamodb:Attributes": "false"},
    "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
}
"""What the service notes in a config (``runtime/delivery_config/marks.py``), and nothing that a tenant writes there."""


@dataclass(frozen=True, kw_only=True)
class TenantData:
    """Where tenants' objects, records, configs and state are, all of one account and Region."""

    bucket: CentralLogBucket
    records: dynamodb.ITable
    delivery_configs: dynamodb.ITable
    parked_deliveries: dynamodb.ITable


class OutsideReader(Construct):
    """Trusts the session issuer's role alone, and only with the session tag ``tenant_id``; everything is that tenant's.

    It lists nothing and assumes nothing: not even a wrong template of the outside could reach a customer's role by it.

    :param issuer: the role that assumes it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, issuer: iam.IRole, tenants: TenantData) -> None:
        super().__init__(scope, construct_id)
        trusted = iam.ArnPrincipal(issuer.role_arn).with_conditions(
            {
                "StringLike": {f"aws:RequestTag/{TENANT_TAG}": "?*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": [TENANT_TAG]},
            }
        )
        self.role = iam.Role(
            self,
            "Role",
            description="Reads one tenant's objects, configs and secrets for the outside processor",
            assumed_by=iam.SessionTagsPrincipal(trusted),
            max_session_duration=Duration.hours(1),
        )
        policy = iam.Policy(self, "Policy", roles=[self.role], statements=_statements(tenants))
        for pattern in (_OBJECTS, _SET_ASIDE):
            tenants.bucket.acknowledge_pattern(
                policy, key_pattern=pattern, reason="The one tenant's that the session is tagged with."
            )
        acknowledge_wildcards(
            policy, reason="The secrets of the one tenant that the session is tagged with.", resources=(_SECRETS,)
        )


def _statements(tenants: TenantData) -> list[iam.PolicyStatement]:
    bucket = tenants.bucket
    return [
        iam.PolicyStatement(
            sid="ReadTheTenantsObjects",
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=[bucket.objects_arn(_OBJECTS)],
        ),
        iam.PolicyStatement(
            sid="SetTheTenantsEventsAside", actions=["s3:PutObject"], resources=[bucket.objects_arn(_SET_ASIDE)]
        ),
        iam.PolicyStatement(
            sid="ReadTheTenantsConfigs",
            actions=["dynamodb:Query", "dynamodb:GetItem"],
            resources=[tenants.delivery_configs.table_arn],
            conditions=_OWN_ITEMS,
        ),
        read_tenants(tenants.records, conditions=_OWN_ITEMS),
        iam.PolicyStatement(
            sid="NoteWhatTheEndpointHasShown",
            actions=["dynamodb:UpdateItem"],
            resources=[tenants.delivery_configs.table_arn],
            conditions=_OWN_MARKS,
        ),
        iam.PolicyStatement(
            sid="KeepTheTenantsState",
            actions=["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[tenants.parked_deliveries.table_arn],
            conditions=_OWN_ITEMS,
        ),
        iam.PolicyStatement(
            sid="ReadTheTenantsSecrets", actions=["secretsmanager:GetSecretValue"], resources=[_SECRETS]
        ),
        *_use_key_through_s3(bucket),
    ]


def _use_key_through_s3(bucket: CentralLogBucket) -> list[iam.PolicyStatement]:
    if bucket.encryption_key is None:
        return []
    return [
        iam.PolicyStatement(
            sid="UseTheBucketsKey",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[bucket.encryption_key.key_arn],
            conditions={"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}},
        )
    ]
