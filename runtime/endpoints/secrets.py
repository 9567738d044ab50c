"""Secrets of customers' endpoints: references in the config, values in Secrets Manager, never in anything that prints.

A value is never changed: a new one is a secret of its own, and the config lists which are live, newest first. So what a
reader holds for five minutes at most is still what the config's references mean.
"""

import hmac
from collections.abc import Sequence
from functools import partial
from typing import Final, Never

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.errors import BlockedByCustomerError, Hop, Rule, classify

PREFIX: Final = "logrouter"
MAX_LIVE: Final = 2
"""Ours: a rotation has the new one and the one before it."""
KEPT_SECONDS: Final = 300.0
CAPACITY: Final = 4_096
UNUSABLE: Final = "secret-unusable"
_MASK: Final = "***"
_CODES: Final[dict[str, Rule]] = {
    "ResourceNotFoundException": (BlockedByCustomerError, UNUSABLE),
    "InvalidRequestException": (BlockedByCustomerError, UNUSABLE),  # it is scheduled for deletion
}


class Secret:
    """A text that prints as ``***`` whatever prints it: repr, str, format, a dump, a copy in another process."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text: where it is signed with or sent, and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return _MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> Never:
        raise TypeError("a secret is no key: its hash would stand for it")

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (_MASK,)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self


def tenants_prefix(tenant_id: str) -> str:
    """Return what the name of every secret of a tenant begins with; roles' policies hold to it."""
    return f"{PREFIX}/{tenant_id}/"


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
