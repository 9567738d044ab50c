"""Reads the secrets of customers' endpoints: references in the config, values in Secrets Manager.

A value is never changed: a new one is a secret of its own, and the config lists which are live, newest first. So what a
reader holds for five minutes at most is still what the config's references mean.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.endpoints.secret import Secret, tenants_prefix
from runtime.errors import BlockedByCustomerError, Hop, Rule, classify

KEPT_SECONDS: Final = 300.0
CAPACITY: Final = 4_096
UNUSABLE: Final = "secret-unusable"
_CODES: Final[dict[str, Rule]] = {
    "ResourceNotFoundException": (BlockedByCustomerError, UNUSABLE),
    "InvalidRequestException": (BlockedByCustomerError, UNUSABLE),  # it is scheduled for deletion
}


class SecretReader:
    """Reads secrets with the current credentials. Shared by all threads."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._cache: ExpiringCache[str, tuple[str, Secret]] = ExpiringCache(CAPACITY, scheduling.monotonic)

    def live(self, tenant_id: str, references: Sequence[str], *, refresh: bool = False) -> list[Secret]:
        """Return the values of a config's references, in their order.

        :param refresh: read them again, whatever is remembered: an endpoint refused one.
        :raises BlockedByCustomerError: ``secret-unusable``: one is gone, isn't a text, or isn't the tenant's.
        :raises DeliveryError: what else Secrets Manager answers.
        """
        for reference in references:
            if not reference.startswith(tenants_prefix(tenant_id)):
                raise BlockedByCustomerError(UNUSABLE, "the config refers to a secret that isn't its tenant's")
        if refresh:
            wanted = frozenset(references)
            self._cache.forget(lambda kept: kept[0] in wanted)
        return [self._cache.get(each, partial(self._load, each))[1] for each in references]

    def _load(self, reference: str) -> tuple[tuple[str, Secret], float]:
        try:
            found = self._clients.call("secretsmanager", "GetSecretValue", {"SecretId": reference})
        except Exception as error:
            action = "secretsmanager:GetSecretValue"
            raise classify(error, hop=Hop.EXECUTION, action=action, resource=reference, codes=_CODES) from error
        value = found.get("SecretString")
        if not isinstance(value, str) or not value:
            raise BlockedByCustomerError(UNUSABLE, f"{reference} isn't a text")
        return (reference, Secret(value)), scheduling.monotonic() + KEPT_SECONDS
