"""AWS Signature Version 4 for a request of few, known headers (IAM user guide, "Create a signed AWS API request").

botocore's signer takes any request and copies its headers several times; here the signature is the same, and a test
holds the one against the other.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from runtime.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
_SHOW_DIGEST = frozenset({"s3", "aoss"})  # services that require the header x-amz-content-sha256


def signed(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    query: str = "",
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers with those that sign them.

    :param path: as it is sent, percent-encoded. :param query: the same, sorted by name.
    :param headers: lower-case names. :param now: UTC.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    digest = sha256(body).hexdigest()
    everything = {**headers, "host": host, "x-amz-date": stamp}
    if credentials.token:
        everything["x-amz-security-token"] = credentials.token
    if service in _SHOW_DIGEST:
        everything["x-amz-content-sha256"] = digest
    names = sorted(everything)
    # What is signed is the path as it is sent, encoded once more; S3's alone isn't (an object's key is any text).
    signed_path = path if service == "s3" or path == "/" else quote(path, safe="/~")
    canonical = "\n".join(
        [method, signed_path, query, *[f"{name}:{everything[name]}" for name in names], "", ";".join(names), digest]
    )
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, stamp[:8], region, service)
    signature = hmac.new(key, text.encode(), sha256).hexdigest()
    everything["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return everything


@lru_cache(maxsize=1024)
def _signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
