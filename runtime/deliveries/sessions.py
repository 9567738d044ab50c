"""Whose sessions deliveries are made with: the inside assumes roles itself, the outside is given sessions.

A method, the object's reader and the parking know only this: ``RoleChain`` or ``IssuedSessions`` is behind it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from runtime.aws.credentials import Credentials
from runtime.errors import EXPIRED, RetryableError

if TYPE_CHECKING:
    from runtime.delivery_config.model import DeliveryConfig


class Sessions(Protocol):
    """Where sessions come from, for one tenant at a time. Shared by all threads.

    ``partition`` and ``central_account_id`` are the central role's.
    """

    partition: str
    central_account_id: str

    def central(self, tenant_id: str, policy: Mapping[str, object]) -> Credentials:
        """Return a session in the central account that can do no more for the tenant than the policy allows.

        :raises runtime.errors.DeliveryError: there is none; the provider is at fault.
        """

    def customer(
        self, tenant_id: str, role_arn: str, external_id: str | None = None, regions: tuple[str, ...] = ()
    ) -> Credentials:
        """Return a session of a customer's role. ``external_id``: ``None`` means the central account's id.

        :param regions: where the session may do anything; none: wherever the role may.
        :raises runtime.errors.DeliveryError: blocked by the customer where their role refuses.
        """

    def invalidate(self, credentials: Credentials) -> None:
        """Forget a session that AWS has called expired."""


def role_of(config: "DeliveryConfig", sessions: Sessions) -> "CustomerSession | None":
    """Return the session of the role that a config names; ``None``: it names none."""
    arn: str | None = getattr(config, "log_distribution_role_arn", None)
    return CustomerSession(sessions, config.tenant_id, arn, config.external_id) if arn else None


@dataclass(frozen=True, slots=True)
class CustomerSession:
    """The session of one tenant's role, taken from the role chain's cache for every call."""

    role_chain: Sessions
    tenant_id: str
    role_arn: str
    external_id: str | None
    regions: tuple[str, ...] = ()

    def credentials(self) -> Credentials:
        """Return credentials that are fresh enough to sign a call now.

        :raises runtime.errors.DeliveryError: one of the hops is refused.
        """
        return self.role_chain.customer(self.tenant_id, self.role_arn, self.external_id, self.regions)

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Forget the session when AWS calls it expired, so that the call's next attempt has a new one."""
        try:
            yield
        except RetryableError as error:
            if error.reason == EXPIRED:
                self.role_chain.invalidate(self.credentials())
            raise
