"""The few names that another account must predict, and the resource names that policies are written with.

Everything else is named by CloudFormation.
"""

from typing import Final

from aws_cdk import Aws

CENTRAL_ROLE_PATH: Final = "/logrouter/"
CENTRAL_ROLE_NAME: Final = "CentralLogDistributionRole"
PROCESSOR_ROLE_PATH: Final = "/logrouter/processor/"
OUTSIDE_ROLE_PATH: Final = "/logrouter/outside/"
CUSTOMER_ROLE_PATH: Final = "/CustomerLogDistributionRole/"

TENANT_TAG: Final = "tenant_id"
"""The session tag under which the central role is assumed, and which customers' policies require."""

OBJECT_KEY_PREFIX: Final = "tenant_id="
SET_ASIDE_PREFIX: Final = "set-aside/"
SECRET_NAME_PREFIX: Final = "logrouter/"  # noqa: S105 - a name
"""Of secrets in Secrets Manager, followed by the tenant's id and a slash."""

ROLE_NAME_LIMIT: Final = 64
"""Characters of an IAM role's name. Source: IAM and STS quotas, "IAM name requirements"."""


def central_role_arn(account: str) -> str:
    """Return the central role's ARN in that account, before the role exists."""
    return f"arn:{Aws.PARTITION}:iam::{account}:role{CENTRAL_ROLE_PATH}{CENTRAL_ROLE_NAME}"


def processor_role_name(stage: str, region: str) -> str:
    """Return the name of a stage's processor execution role in a Region (IAM is global: one name a Region)."""
    return f"LogProcessor-{stage}-{region}"
