"""A secret that the customer keeps: a config refers to it by its ARN, and it is read with the customer's role.

Whose it is follows from the role: a reference into another account than the role's is refused wherever it is met, and
what the role may read is the customer's own policy.
"""

import re
from contextlib import AbstractContextManager
from typing import Final, Protocol

from runtime.aws.credentials import Credentials

ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z0-9-]*):secretsmanager:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):(?P<account>\d{12})"
    r":secret:[A-Za-z0-9/_+=.@-]{1,519}"
)
"""Secrets Manager user guide, "Secret ARN": a name of up to 512 characters, a hyphen and six more."""


class CustomerRole(Protocol):
    """The customer's role of one delivery config, as it is assumed."""

    @property
    def role_arn(self) -> str:
        """Its ARN."""

    def credentials(self) -> Credentials:
        """Return credentials of the role. :raises runtime.errors.DeliveryError: one of the hops is refused."""

    def renewed(self) -> AbstractContextManager[None]:
        """Forget the session when AWS calls it expired."""


def region_of(reference: str) -> str | None:
    """Return the Region of a secret that is referred to by its ARN; ``None``: the reference is a name of ours."""
    found = ARN.fullmatch(reference)
    return found["region"] if found else None


def problem(reference: str, role_arn: str | None) -> str | None:
    """Return why a secret can't be read with the role, or ``None``; a name of ours needs no role."""
    found = ARN.fullmatch(reference)
    if found is None:
        return None
    if role_arn is None:
        return "a secret's ARN needs log_distribution_role_arn, the role that may read it"
    if role_arn.split(":")[1:5:3] != [found["partition"], found["account"]]:
        return "a secret's ARN must be in the account of log_distribution_role_arn"
    return None
