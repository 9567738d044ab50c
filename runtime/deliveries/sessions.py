"""Whose sessions deliveries are made with: the inside assumes roles itself, the outside is given sessions.

A method, the object's reader and the parking know only this: ``RoleChain`` or ``IssuedSessions`` is behind it.
"""

from collections.abc import Mapping
from typing import Protocol

from runtime.aws.credentials import Credentials


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

    def customer(self, tenant_id: str, role_arn: str, external_id: str | None = None) -> Credentials:
        """Return a session of a customer's role. ``external_id``: ``None`` means the central account's id.

        :raises runtime.errors.DeliveryError: blocked by the customer where their role refuses.
        """

    def invalidate(self, credentials: Credentials) -> None:
        """Forget a session that AWS has called expired."""
