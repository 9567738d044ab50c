"""The tables: tenants, their delivery configs and alert rules, and which deliveries wait for somebody's action."""

from typing import Any, Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from runtime.delivery_config.tenant_record import ISSUED_FIELDS
from runtime.delivery_state.table import BY_WORK

_TEXT: Final = dynamodb.AttributeType.STRING
_NUMBER: Final = dynamodb.AttributeType.NUMBER
INDEXES: Final = {
    "by-reason": (("reason", _TEXT), ("first_attempt_at", _TEXT)),
    "by-destination": (("destination", _TEXT), ("turn", _TEXT)),
    "by-work": (("work", _TEXT), ("due_at", _NUMBER)),
}
"""Of parked deliveries; each listing is a query: of a reason, of one destination in the order of resumption, of what
there is to do."""


class _TenantTable(Construct):
    """On-demand table by ``tenant_id`` and perhaps a sort key; point-in-time recovery, expiry by ``ttl`` (Unix s).

    :param deletion_protection: refuses deletion even by the stack; for stages whose items nobody can type again.
    """

    sort_key: str | None = None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        removal_policy: RemovalPolicy,
        deletion_protection: bool,
        **more: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="tenant_id", type=_TEXT),
            sort_key=dynamodb.Attribute(name=self.sort_key, type=_TEXT) if self.sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
            **more,
        )


class TenantTable(_TenantTable):
    """The table of tenants' records, which bind their delivery configs."""


class DeliveryConfigTable(_TenantTable):
    """The table of delivery configs.

    Its stream reports which config has changed (the keys alone): its parked deliveries are tried again.
    """

    sort_key = "type"

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy, deletion_protection: bool
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            removal_policy=removal_policy,
            deletion_protection=deletion_protection,
            stream=dynamodb.StreamViewType.KEYS_ONLY,
        )


class AlertRulesTable(_TenantTable):
    """The table of tenants' alert rules."""

    sort_key = "name"


class ParkedDeliveriesTable(_TenantTable):
    """The table of parked deliveries, which expire with their objects.

    Beside them each destination's status and the replays, under sort keys that begin with ``!``.
    """

    sort_key = "delivery"

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy, deletion_protection: bool
    ) -> None:
        super().__init__(scope, construct_id, removal_policy=removal_policy, deletion_protection=deletion_protection)
        for name, ((partition, partition_type), (sort, sort_type)) in INDEXES.items():
            self.table.add_global_secondary_index(
                index_name=name,
                partition_key=dynamodb.Attribute(name=partition, type=partition_type),
                sort_key=dynamodb.Attribute(name=sort, type=sort_type),
            )


class AlertStatesTable(_TenantTable):
    """The table of alerts' states, which expire; what has something to do at a time is found by ``by-work``."""

    sort_key = "alert"

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy, deletion_protection: bool
    ) -> None:
        super().__init__(scope, construct_id, removal_policy=removal_policy, deletion_protection=deletion_protection)
        (partition, partition_type), (sort, sort_type) = INDEXES[BY_WORK]
        self.table.add_global_secondary_index(
            index_name=BY_WORK,
            partition_key=dynamodb.Attribute(name=partition, type=partition_type),
            sort_key=dynamodb.Attribute(name=sort, type=sort_type),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["join_key"],  # a state has up to 8 KB, and each write would be there twice
        )


def note_rotation(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Return the statement that lets the processor note which role takes a pending ExternalId: nothing else."""
    return iam.PolicyStatement(
        sid="NoteRotation",
        actions=["dynamodb:UpdateItem"],
        resources=[table.table_arn],
        conditions={
            "ForAllValues:StringEquals": {"dynamodb:Attributes": ["tenant_id", "version", *sorted(ISSUED_FIELDS)]},
            "Null": {"dynamodb:Attributes": "false"},
            "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
        },
    )


def read_tenants(table: dynamodb.ITable, *, conditions: dict[str, Any] | None = None) -> iam.PolicyStatement:
    """Return the statement that lets a function read a tenant's record, as every function does before it delivers."""
    return iam.PolicyStatement(
        sid="ReadTenants", actions=["dynamodb:GetItem"], resources=[table.table_arn], conditions=conditions
    )
