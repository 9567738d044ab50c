"""Reads the secrets of customers' endpoints: references in the config, values in Secrets Manager, ours or theirs.

A value of ours is never changed: a new one is a secret of its own, and the config lists which are live, newest first.
So what a reader holds for five minutes at most is still what the config's references mean. A secret that the customer
keeps is read with the customer's role, and may change: it is read again when an endpoint refuses it.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.endpoints.customer_secret import CustomerRole, problem, region_of
from runtime.endpoints.secret import Secret, tenants_prefix
from runtime.errors import BlockedByCustomerError, Hop, Rule, classify

KEPT_SECONDS: Final = 300.0
CAPACITY: Final = 4_096
UNUSABLE: Final = "secret-unusable"
_CODES: Final[dict[str, Rule]] = {
    "ResourceNotFoundException": (BlockedByCustomerError, UNUSABLE),
    "InvalidRequestException": (BlockedByCustomerError, UNUSABLE),  # it is scheduled for deletion
}
_CUSTOMERS_CODES: Final[dict[str, Rule]] = {
    **_CODES,
    "AccessDeniedException": (BlockedByCustomerError, "secret-denied"),
    "DecryptionFailure": (BlockedByCustomerError, UNUSABLE),  # its key is disabled, or the role may not use it
}
_ACTION: Final = "secretsmanager:GetSecretValue"
_Key = tuple[str, str, str]
"""Tenant, role, reference: what one tenant's role may read is never another's."""


class SecretReader:
    """Reads secrets with the current credentials, or with the customer's role. Shared by all threads."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._cache: ExpiringCache[_Key, tuple[_Key, Secret]] = ExpiringCache(CAPACITY, scheduling.monotonic)

    def live(
        self, tenant_id: str, references: Sequence[str], *, role: CustomerRole | None = None, refresh: bool = False
    ) -> list[Secret]:
        """Return the values of a config's references, in their order.

        :param role: the config's, for references into the customer's account.
        :param refresh: read them again, whatever is remembered: an endpoint refused one.
        :raises BlockedByCustomerError: ``secret-unusable``: one is gone, isn't a text, or isn't the tenant's.
        :raises DeliveryError: what else Secrets Manager answers.
        """
        role_arn = role.role_arn if role else None
        for reference in references:
            _check(tenant_id, reference, role_arn)
        keys: list[_Key] = [(tenant_id, role_arn or "", each) for each in references]
        if refresh:
            wanted = frozenset(keys)
            self._cache.forget(lambda kept: kept[0] in wanted)
        return [self._cache.get(key, partial(self._load, key, role))[1] for key in keys]

    def _load(self, key: _Key, role: CustomerRole | None) -> tuple[tuple[_Key, Secret], float]:
        reference = key[2]
        region = region_of(reference)
        found = self._ours(reference) if region is None else self._customers(reference, region, role)
        value = found.get("SecretString")
        if not isinstance(value, str) or not value:
            raise BlockedByCustomerError(UNUSABLE, f"{reference} isn't a text")
        return (key, Secret(value)), scheduling.monotonic() + KEPT_SECONDS

    def _ours(self, reference: str) -> Mapping[str, object]:
        try:
            return self._clients.call("secretsmanager", "GetSecretValue", {"SecretId": reference})
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action=_ACTION, resource=reference, codes=_CODES) from error

    def _customers(self, reference: str, region: str, role: CustomerRole | None) -> Mapping[str, object]:
        assert role is not None  # as checked
        call = self._clients.direct_call("secretsmanager", "GetSecretValue", region)
        with role.renewed():
            try:
                return call.members(role.credentials(), {"SecretId": reference})
            except Exception as error:
                raise classify(
                    error, hop=Hop.DESTINATION, action=_ACTION, resource=reference, codes=_CUSTOMERS_CODES
                ) from error


def _check(tenant_id: str, reference: str, role_arn: str | None) -> None:
    """Raise where a reference leads to another's secret, also where nobody checked it when it was written."""
    if reference.startswith(tenants_prefix(tenant_id)):
        return
    what = (
        problem(reference, role_arn)
        if region_of(reference)
        else "the config refers to a secret that isn't its tenant's"
    )
    if what:
        raise BlockedByCustomerError(UNUSABLE, what)
