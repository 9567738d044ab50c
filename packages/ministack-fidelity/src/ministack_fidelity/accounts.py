"""SDK clients for the emulator's accounts. Needs boto3, which the emulator itself doesn't."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

SECRET = "test"  # noqa: S105 - what the emulator takes from an account's root; no secret at all
SETTINGS = Config(retries={"total_max_attempts": 5, "mode": "standard"}, connect_timeout=10, read_timeout=120)


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs a request. In the emulator an access key of 12 digits is that account's root: loopback only."""

    access_key: str
    secret_key: str = SECRET
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """Makes clients of the emulator at ``endpoint_url``, in ``region`` unless another is named."""

    endpoint_url: str
    region: str

    def client(self, service: str, keys: Keys | str, *, region: str | None = None, config: Config = SETTINGS) -> Any:
        """Return a client that signs with ``keys``; a mere account id stands for that account's root."""
        keys = Keys(keys) if isinstance(keys, str) else keys
        return _client(self.endpoint_url, service, keys, region or self.region, config)

    def variables(self, account: str) -> dict[str, str]:
        """Return the environment variables by which a program acts as an account's root."""
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
