"""SDK clients for accounts: those of the embedded cloud, and whichever else the same drivers run in."""

from dataclasses import dataclass
from typing import Any, Protocol

from botocore.credentials import Credentials

from cli.client import Client
from cli.signing import Signer
from ministack_fidelity.accounts import Accounts as EmulatorAccounts
from ministack_fidelity.accounts import Keys


class Clients(Protocol):
    """Makes clients that act in an account, by its id."""

    @property
    def region(self) -> str:
        """Where the stacks are."""

    def client(self, service: str, keys: str, *, region: str | None = None) -> Any:
        """Return a client."""

    def api_client(self, api_url: str, keys: str) -> Client:
        """Return a client of the delivery-config API."""


@dataclass(frozen=True, slots=True)
class EmbeddedAccounts(EmulatorAccounts):
    """The emulator's accounts, with the deployed API."""

    def api_client(self, api_url: str, keys: Keys | str) -> Client:
        """Return a client of the delivery-config API, signed like the others."""
        keys = Keys(keys) if isinstance(keys, str) else keys
        return Client(Signer(api_url, self.region, Credentials(keys.access_key, keys.secret_key, keys.token)))
