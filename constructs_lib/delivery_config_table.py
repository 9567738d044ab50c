"""The table of delivery configs: which tenant's logs go where."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct


class DeliveryConfigTable(Construct):
    """On-demand table with key (``tenant_id``, ``type``), point-in-time recovery, and expiry by ``ttl`` (Unix seconds).

    Its stream tells which config has changed (the keys alone): parked deliveries of it are tried again.

    :param deletion_protection: refuses deletion even by the stack; for stages whose configs nobody can type again.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy, deletion_protection: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="tenant_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="type", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            stream=dynamodb.StreamViewType.KEYS_ONLY,
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
