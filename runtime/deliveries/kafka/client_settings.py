"""A producer's settings (librdkafka, CONFIGURATION.md), from a delivery config and one of its secrets; MSK's token."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from runtime.aws.credentials import Credentials
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.endpoints.secret import Secret
from runtime.errors import BlockedByCustomerError

MESSAGE_TIMEOUT_SECONDS: Final = 30
"""Ours: how long a record may wait for its report. A broker's restart takes less."""
MAX_RECORD_BYTES: Final = 8 * 1024 * 1024
"""Of one request; what a topic takes is its own ``max.message.bytes``. An event has at most 1 MiB, 6 MiB as JSON."""

TOKEN_SECONDS: Final = 900
"""What Amazon's own signer asks for, and the longest that a broker takes."""
_MSK: Final = "kafka-cluster"

type Settings = Mapping[str, str | int | bool]

_FIXED: Final[Settings] = {
    "client.id": "logrouter",
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "zstd",
    "linger.ms": 20,
    "partitioner": "murmur2_random",  # as Java's clients: a key's records are in the partition where those look
    "message.timeout.ms": MESSAGE_TIMEOUT_SECONDS * 1000,
    "message.max.bytes": MAX_RECORD_BYTES,
    "socket.timeout.ms": 10_000,
    "socket.connection.setup.timeout.ms": 10_000,
    "reconnect.backoff.ms": 250,
    "reconnect.backoff.max.ms": 5_000,
    "log_level": 0,  # what it would print is what the callbacks say
}


def client_settings(config: KafkaConfig, secret: Secret | None) -> Settings:
    """Return the settings for one secret; they hold it, and are shown nowhere.

    :param secret: ``user:password`` for ``scram``; for ``mtls`` the certificate chain and the private key, PEM.
    :raises BlockedByCustomerError: ``secret-unusable``: it has another form.
    """
    settings: dict[str, str | int | bool] = {**_FIXED, "bootstrap.servers": ",".join(config.bootstrap_servers)}
    settings["security.protocol"] = "SSL" if config.auth in {"none", "mtls"} else "SASL_SSL"
    settings |= {"ssl.ca.pem": config.ca} if config.ca else {"ssl.ca.location": _public_authorities()}
    if config.auth == "msk_iam":
        settings["sasl.mechanisms"] = "OAUTHBEARER"
    elif secret is not None:
        settings |= _scram(secret) if config.auth == "scram" else _mutual(secret)
    return settings


def digest(settings: Settings) -> str:
    """Return what tells clients apart: those of equal settings are the same."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _scram(secret: Secret) -> Settings:
    user, separator, password = secret.reveal().partition(":")
    if not separator or not user or not password:
        raise _unusable("must be user:password")
    return {"sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": password}


def _mutual(secret: Secret) -> Settings:
    pem = secret.reveal()
    if "PRIVATE KEY-----" not in pem or "-----BEGIN CERTIFICATE-----" not in pem:
        raise _unusable("must hold a certificate and its private key, both PEM")
    return {"ssl.certificate.pem": pem, "ssl.key.pem": pem}


def _unusable(step: str) -> BlockedByCustomerError:
    return BlockedByCustomerError("secret-unusable", f"the config's secret {step}")


def _public_authorities() -> str:
    """Return the file of the authorities that the SDK trusts: the same as for every other connection."""
    found = find_spec("botocore")
    if found is None or found.origin is None:
        raise RuntimeError("botocore isn't installed")
    return str(Path(found.origin).with_name("cacert.pem"))


def connection_token(credentials: Credentials, region: str) -> str:
    """Return the token that authorizes a connection to a cluster of the Region, for ``TOKEN_SECONDS`` from now.

    It is a presigned request to connect (MSK developer guide, IAM access control), as Amazon's own signer library
    makes it, which needs boto3: https://github.com/aws/aws-msk-iam-sasl-signer-python.
    """
    from botocore.auth import SigV4QueryAuth  # noqa: PLC0415 - for the few deliveries that need it
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as above
    from botocore.credentials import ReadOnlyCredentials  # noqa: PLC0415 - as above

    url = f"https://kafka.{region}.{_suffix(region)}/"
    request = AWSRequest("GET", url, params={"Action": "kafka-cluster:Connect"})
    signer = ReadOnlyCredentials(credentials.access_key, credentials.secret_key, credentials.token or None)
    SigV4QueryAuth(signer, _MSK, region, expires=TOKEN_SECONDS).add_auth(request)
    signed = f"{request.url}&User-Agent=logrouter"  # not signed: what the library adds for the broker's log
    return urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
