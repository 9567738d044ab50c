"""A delivery config's own fields for CloudWatch Logs (contract §3)."""

from typing import Annotated

from pydantic import StringConstraints

from runtime.delivery_config.model import DeliveryConfig

# IAM user guide, identifiers: a path of up to 512 characters between slashes, a name of 1 to 64 characters.
ROLE_ARN_PATTERN = r"^arn:aws[a-z0-9\-]*:iam::[0-9]{12}:role/([\x21-\x7e]{1,510}/)?[A-Za-z0-9+=,.@_\-]{1,64}$"
# CreateLogGroup, API reference, logGroupName.
LOG_GROUP_PATTERN = r"^[.\-_/#A-Za-z0-9]{1,512}$"


class CloudWatchConfig(DeliveryConfig):
    """Where a tenant's events go in the tenant's own account."""

    log_distribution_role_arn: Annotated[str, StringConstraints(pattern=ROLE_ARN_PATTERN)]
    log_group_name: Annotated[str, StringConstraints(pattern=LOG_GROUP_PATTERN)]
