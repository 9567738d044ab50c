"""SDK clients for accounts: those of the embedded cloud, and whichever else the same drivers run in."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.credentials import Credentials

from cli.client import Client
from cli.signing import Signer

SECRET = "test"  # noqa: S105  # what the emulator takes from an account's root; no secret at all
SETTINGS = Config(retries={"total_max_attempts": 5, "mode": "standard"}, connect_timeout=10, read_timeout=120)


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs a request. In the emulator an access key of 12 digits is that account's root: loopback only."""

    access_key: str
    secret_key: str = SECRET
    token: str | None = None


class Clients(Protocol):
    """Gives clients that act in an account, by its id."""

    @property
    def region(self) -> str:
        """Where the stacks are."""

    def client(self, service: str, keys: str, *, region: str | None = None) -> Any:
        """Give a client."""

    def api_client(self, api_url: str, keys: str) -> Client:
        """Give a client of the delivery-config API."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Gives clients. ``endpoint_url`` is the emulator's; ``region`` the one where the stacks are."""

    endpoint_url: str
    region: str

    def client(self, service: str, keys: Keys | str, *, region: str | None = None, config: Config = SETTINGS) -> Any:
        """Give a client that signs with ``keys``; a mere account id stands for that account's root."""
        keys = Keys(keys) if isinstance(keys, str) else keys
        return _client(self.endpoint_url, service, keys, region or self.region, config)

    def api_client(self, api_url: str, keys: Keys | str) -> Client:
        """Give a client of the delivery-config API, signed like the others."""
        keys = Keys(keys) if isinstance(keys, str) else keys
        return Client(Signer(api_url, self.region, Credentials(keys.access_key, keys.secret_key, keys.token)))

    def variables(self, account: str) -> dict[str, str]:
        """Give the environment variables by which a program acts as an account's root."""
        return {
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
        }


@lru_cache(maxsize=512)
def _client(endpoint_url: str, service: str, keys: Keys, region: str, config: Config) -> Any:
    """Make a client, which takes a tenth of a second, and keep it: clients are safe to share between threads."""
    session = boto3.Session(
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        region_name=region,
    )
    make: Any = session.client
    return make(service, endpoint_url=endpoint_url, config=config)
