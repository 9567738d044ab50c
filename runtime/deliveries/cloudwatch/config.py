"""A delivery config's own fields for CloudWatch Logs (contract §3)."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints, ValidationInfo, field_validator

from runtime.deliveries.session_policy import reader, second_hop
from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity
from runtime.delivery_config.grants import Grant, Provider, role_permission, trust
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.write_rules import rules_of
from runtime.metrics import catalogue
from runtime.text_forms import text_form

# IAM user guide, identifiers: a path of up to 512 characters between slashes, a name of 1 to 64 characters.
ROLE_ARN_PATTERN = text_form(
    r"^arn:aws[a-z0-9\-]*:iam::[0-9]{12}:role/([\x21-\x7e]{1,510}/)?[A-Za-z0-9+=,.@_\-]{1,64}$",
    "the ARN of an IAM role, as arn:aws:iam::222222222222:role/LogDistributionRole",
)
# CreateLogGroup, API reference, logGroupName.
LOG_GROUP_PATTERN = text_form(r"^[.\-_/#A-Za-z0-9]{1,512}$", "1 to 512 letters, digits or . - _ / #")


OLDEST_SECONDS = 14 * 24 * 60 * 60
"""PutLogEvents, API reference: no event "more than 14 days in the past"."""

FACTS = MethodFacts(
    name="cloudwatch",
    title="CloudWatch Logs",
    placement=Placement.INSIDE,
    order=Order.TIME,
    reads_events=True,
    limits=None,  # a planned batch is what one PutLogEvents call takes
    prices=(
        PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),
        PriceRow(
            Payer.CUSTOMER,
            "CloudWatch Logs ingestion",
            "cloudwatch_logs_ingested_gb",
            Quantity.GIB,
            event_bytes=26,  # as PutLogEvents counts an event beside its text
        ),
        PriceRow(
            Payer.CUSTOMER,
            "CloudWatch Logs",
            "cloudwatch_logs_stored_gb_month",
            Quantity.KEPT_GIB,
            compression="stored_compression",
            event_bytes=26,
        ),
    ),
    dashboard=((catalogue.LEFT_OUT_EVENTS, "empty"), (catalogue.CREATED_LOG_GROUPS, "log groups created")),
    oldest_event_seconds=OLDEST_SECONDS,
    example={
        "type": "cloudwatch",
        "log_distribution_role_arn": "arn:aws:iam::222222222222:role/LogDistributionRole",
        "log_group_name": "/logrouter/acme-corp",
        "groups": ["API", "Authentication"],
    },
)


def _role_of_region(arn: str, info: ValidationInfo) -> str:
    """Refuse, when writing, a role of another partition than the Region's: no session reaches across."""
    rules = rules_of(info)
    if rules is None:
        return arn
    _, partition, _, _, account, _ = arn.split(":", 5)
    if account == rules.central_account_id:
        raise ValueError("must be a role in the customer's account: no session is given for one in the central account")
    if partition not in rules.partitions:
        raise ValueError(f"the partition must be one of {', '.join(sorted(rules.partitions))}, not {partition}")
    region = info.data.get("target_region")
    if region and rules.regions.get(region) != partition:
        raise ValueError(f"is of partition {partition}, but target_region is of {rules.regions.get(region)}")
    return arn


CustomerRoleArn = Annotated[str, StringConstraints(pattern=ROLE_ARN_PATTERN), AfterValidator(_role_of_region)]
"""The role in the customer's account that a delivery ends with."""


class CloudWatchConfig(DeliveryConfig):
    """Where a tenant's events go in the tenant's own account."""

    facts = FACTS

    log_distribution_role_arn: CustomerRoleArn
    log_group_name: Annotated[str, StringConstraints(pattern=LOG_GROUP_PATTERN)]

    @field_validator("log_group_name")
    @classmethod
    def _is_not_reserved(cls, name: str, info: ValidationInfo) -> str:
        """Refuse, when writing, what CreateLogGroup refuses (API reference, logGroupName)."""
        if rules_of(info) and name.startswith("aws/"):
            raise ValueError("must not start with aws/, which CloudWatch Logs keeps for AWS; /aws/ is fine")
        return name

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """The group, its Region, and the role, whose account it lies in."""
        return ("log_distribution_role_arn", "log_group_name", "target_region")

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that reads the objects, and the one that assumes the customer's role."""
        return (
            reader(partition, central_bucket, self.tenant_id),
            second_hop(self.log_distribution_role_arn),
        )

    def grants(self, provider: Provider) -> tuple[Grant, ...]:
        """The role's trust; what it may do in the log group; and creating that, where nobody else does."""
        role, region = self.log_distribution_role_arn, self.target_region
        _, partition, _, _, account, _ = role.split(":", 5)
        group = f"arn:{partition}:logs:{region}:{account}:log-group:{self.log_group_name}"
        own = [group, f"{group}:*"]
        return (
            trust(role, self, provider),
            role_permission(role, "WriteOwnLogGroup", ["logs:CreateLogStream", "logs:PutLogEvents"], own),
            role_permission(role, "CreateOwnLogGroup", ["logs:CreateLogGroup"], own),
        )

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The log group, in the role's account and the Region."""
        account = self.log_distribution_role_arn.split(":")[4]
        return ("cloudwatch", account, self.target_region or "", self.log_group_name)
