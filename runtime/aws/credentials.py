"""Whose credentials sign a call: a role session's inside ``use_credentials``, else the processor's own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a role session. ``expires_at``: epoch seconds; ``token``: may be empty."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: float


_signer: ContextVar[Credentials | None] = ContextVar("logrouter_signer", default=None)


@contextmanager
def use_credentials(credentials: Credentials | None) -> Iterator[None]:
    """Sign every call that this thread makes inside the block with these credentials.

    ``None``: the processor's own. Threads started inside the block don't inherit it: enter it again in each.
    """
    token = _signer.set(credentials)
    try:
        yield
    finally:
        _signer.reset(token)


def current_credentials() -> Credentials | None:
    """Return the credentials that sign at the moment; ``None``: the processor's own."""
    return _signer.get()


def environment_credentials(variables: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return the processor's own where the environment has them, as a function's does; ``None``: the SDK finds them."""
    key, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        return None
    return Credentials(key, secret, variables.get("AWS_SESSION_TOKEN", ""), float("inf"))
