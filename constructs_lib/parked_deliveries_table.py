"""The table of parked deliveries: those that wait for a person's or a customer's action.

Beside them each destination's status and the replays, under sort keys that begin with ``!``.
"""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

_TEXT: Final = dynamodb.AttributeType.STRING
_NUMBER: Final = dynamodb.AttributeType.NUMBER
INDEXES: Final = {
    "by-reason": (("reason", _TEXT), ("first_attempt_at", _TEXT)),
    "by-destination": (("destination", _TEXT), ("turn", _TEXT)),
    "by-work": (("work", _TEXT), ("due_at", _NUMBER)),
}
"""Each listing is a query: of a reason, of one destination in the order of resumption, of what there is to do."""


class ParkedDeliveriesTable(Construct):
    """On-demand table with key (``tenant_id``, ``delivery``); an item expires with its object, by ``ttl`` (Unix s)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy, deletion_protection: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="tenant_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="delivery", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
        for name, ((partition, partition_type), (sort, sort_type)) in INDEXES.items():
            self.table.add_global_secondary_index(
                index_name=name,
                partition_key=dynamodb.Attribute(name=partition, type=partition_type),
                sort_key=dynamodb.Attribute(name=sort, type=sort_type),
            )
