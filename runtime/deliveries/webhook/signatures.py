"""Signatures by the Standard Webhooks specification (1.0.0), and the endpoint's proof that it has the secret."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from runtime.endpoints.secret import Secret

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"


def signing_key(secret: Secret) -> bytes:
    """Return the key that a secret's text stands for: base64 behind ``whsec_``.

    :raises ValueError: it has another form.
    """
    return base64.b64decode(secret.reveal().removeprefix(_PREFIX), validate=True)


def signature_headers(id_: str, seconds: int, body: bytes, secrets: Iterable[Secret]) -> Mapping[str, str]:
    """Return the three headers: a receiver accepts a request that any of its secrets has signed.

    :param id_: the request's, the same on every attempt. :param seconds: the attempt's time, epoch.
    :param body: as it leaves, compressed or not. :param secrets: all that are live.
    """
    signed = b"%b.%d.%b" % (id_.encode(), seconds, body)
    signatures = (hmac.digest(signing_key(secret), signed, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"{_VERSION},{base64.b64encode(each).decode()}" for each in signatures),
    }


def challenge_answer(challenge: str, secret: Secret) -> str:
    """Return what an endpoint that has the secret answers: HMAC-SHA256 of the challenge, 64 hex digits."""
    return hmac.digest(signing_key(secret), challenge.encode(), hashlib.sha256).hex()


def proves(answer: str, challenge: str, secrets: Iterable[Secret]) -> bool:
    """Whether an endpoint's answer is that of one of the secrets."""
    return any(hmac.compare_digest(answer.encode(), challenge_answer(challenge, each).encode()) for each in secrets)
