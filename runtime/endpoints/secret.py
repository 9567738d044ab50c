"""A secret of a customer's endpoint: a value that nothing prints, and the names that references begin with."""

import hmac
from typing import Final, Never

PREFIX: Final = "logrouter"
MAX_LIVE: Final = 2
"""Ours: a rotation has the new one and the one before it."""
_MASK: Final = "***"


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
