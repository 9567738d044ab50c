"""What a customer's side must allow for a delivery config, as statements to paste into its policies.

They are those of the onboarding template, filled in: ``tests/unit/stacks/test_grants.py`` compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from runtime.delivery_config.model import DeliveryConfig

TENANT_TAG: Final = "tenant_id"
CANNED_ACL: Final = "bucket-owner-full-control"
type Statement = Mapping[str, object]


class Place(StrEnum):
    """The policy that a statement belongs into."""

    TRUST_POLICY = "the role's trust policy"
    ROLE_POLICY = "a policy of the role"
    BUCKET_POLICY = "the bucket's policy"
    KEY_POLICY = "the key's policy"


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's side, as a customer's policy names it."""

    central_role_arn: str

    @property
    def partition(self) -> str:
        """The partition: ``aws``, ``aws-us-gov``, ``aws-cn``."""
        return self.central_role_arn.split(":")[1]

    @property
    def account_id(self) -> str:
        """The central account, which is the default ExternalId."""
        return self.central_role_arn.split(":")[4]

    @property
    def url_suffix(self) -> str:
        """The domain of the partition's services."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"


@dataclass(frozen=True, slots=True)
class Grant:
    """Statements of one policy. ``resource``: what that policy is of, as an ARN or for people."""

    place: Place
    resource: str
    statements: tuple[Statement, ...]


def actions(statement: Statement) -> tuple[str, ...]:
    """Return the actions that a statement allows."""
    action = statement["Action"]
    return tuple(map(str, action)) if isinstance(action, list) else (str(action),)


def trust(role_arn: str, config: "DeliveryConfig", provider: Provider) -> Grant:
    """Let the central role assume a customer's role, for one tenant and with its ExternalId."""
    wanted = {
        "sts:ExternalId": config.external_id or provider.account_id,
        f"aws:PrincipalTag/{TENANT_TAG}": config.tenant_id,
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": provider.central_role_arn},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": wanted},
    }
    return Grant(Place.TRUST_POLICY, role_arn, (statement,))


def role_permission(role_arn: str, sid: str, actions: list[str], resources: list[str]) -> Grant:
    """Let a customer's role do something in its own account."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return Grant(Place.ROLE_POLICY, role_arn, (statement,))
