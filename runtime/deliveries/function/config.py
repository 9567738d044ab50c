"""A delivery config's own fields for a function of the customer's."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import StringConstraints, ValidationInfo, field_validator

from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.deliveries.session_policy import reader, second_hop
from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity, RequestLimits
from runtime.delivery_config.grants import Grant, Provider, role_permission, trust
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.write_rules import rules_of
from runtime.text_forms import text_form

MAX_EVENTS: Final = 1000
MAX_BYTES: Final = 5_000_000
"""Lambda quotas: 6 MB of payload in each direction; the rest is for the envelope and for what JSON takes."""
EVENT_OVERHEAD_BYTES: Final = 80
"""Of ``{"id":"…","timestamp":…,"message":…},`` beside the message."""
FUNCTION_ARN: Final = re.compile(
    r"arn:aws[a-z0-9\-]*:lambda:(?P<region>[a-z0-9\-]+):(?P<account>[0-9]{12})"
    r":function:(?P<name>[A-Za-z0-9_\-]{1,64})(?::(?P<qualifier>[A-Za-z0-9_$\-]{1,128}))?"
)
"""Lambda API reference, Invoke, FunctionName: a whole ARN, with a version or an alias where one is wanted."""

_FUNCTION_ARN: Final = text_form(
    f"^{FUNCTION_ARN.pattern}$",
    "the ARN of a Lambda function, as arn:aws:lambda:us-east-1:222222222222:function:receive-logs",
)

FACTS = MethodFacts(
    name="function",
    title="Lambda function",
    placement=Placement.INSIDE,
    order=Order.NONE,
    reads_events=True,
    limits=RequestLimits(
        events=MAX_EVENTS, bytes=MAX_BYTES, event_bytes=MAX_BYTES, overhead_bytes=EVENT_OVERHEAD_BYTES
    ),
    prices=(
        PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),
        PriceRow(Payer.CUSTOMER, "invocations", "lambda_million_requests", Quantity.MILLION_REQUESTS),
    ),
    example={
        "type": "function",
        "log_distribution_role_arn": "arn:aws:iam::222222222222:role/LogDistributionRole",
        "function_arn": "arn:aws:lambda:us-east-1:222222222222:function:receive-logs:live",
    },
)


class FunctionConfig(DeliveryConfig):
    """Which function of the tenant's gets its events, and the role in its account that may invoke it."""

    facts: ClassVar[MethodFacts] = FACTS

    log_distribution_role_arn: CustomerRoleArn
    function_arn: Annotated[str, StringConstraints(pattern=_FUNCTION_ARN)]

    @field_validator("function_arn")
    @classmethod
    def _is_in_the_roles_account(cls, arn: str, info: ValidationInfo) -> str:
        """Refuse, when writing, a function that the role couldn't invoke, or in another Region than the config's."""
        rules, found = rules_of(info), FUNCTION_ARN.fullmatch(arn)
        if rules is None or found is None:
            return arn
        role = str(info.data.get("log_distribution_role_arn", ""))
        if role and role.split(":")[4] != found["account"]:
            raise ValueError("must be a function in the account of log_distribution_role_arn")
        region = info.data.get("target_region")
        if region and region != found["region"]:
            raise ValueError(f"is in {found['region']}, but target_region is {region}")
        return arn

    @property
    def region(self) -> str:
        """The function's own Region: its ARN names it."""
        return self.function_arn.split(":")[3]

    @property
    def regions(self) -> Mapping[str, str | None]:
        """The function's own."""
        return {"function_arn": self.region}

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """The function, whose ARN names account and Region, and the role."""
        return ("log_distribution_role_arn", "function_arn")

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that reads the objects, and the one that assumes the customer's role."""
        return (
            reader(partition, central_bucket, self.tenant_id),
            second_hop(self.log_distribution_role_arn),
        )

    def grants(self, provider: Provider) -> tuple[Grant, ...]:
        """The role's trust, and invoking the function."""
        role, function = self.log_distribution_role_arn, ":".join(self.function_arn.split(":")[:7])
        own = [function, f"{function}:*"]
        return (trust(role, self, provider), role_permission(role, "InvokeOwnFunction", ["lambda:InvokeFunction"], own))

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The function."""
        return (FACTS.name, self.function_arn)
