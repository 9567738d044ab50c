"""Where a service is called, without the SDK's rules: they take 0.1 s of CPU to load, for an answer that is plain.

Plain is an environment that only names a Region, credentials and at most ``AWS_ENDPOINT_URL``. Anything else that the
SDK may know (a profile, a proxy, FIPS, dual stack, an endpoint for one service) leaves the answer to the SDK.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

# What says nothing of how a service is reached; any other variable with AWS_ in front might.
_NEUTRAL = frozenset(
    {
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        *("AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    }
)
_NEUTRAL_PREFIXES = ("AWS_LAMBDA_", "AWS_XRAY_")
_REGIONAL = ("AWS_STS_REGIONAL_ENDPOINTS", "regional")  # set by Kubernetes' pod identity webhook: the default anyway
_OF_THE_NETWORK = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"})
_SUFFIXES = (  # of the partitions whose names follow one rule; the SDK is asked about the others
    (re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d"), "amazonaws.com"),
    (re.compile(r"us-gov-[a-z]+-\d"), "amazonaws.com"),
    (re.compile(r"cn-[a-z]+-\d"), "amazonaws.com.cn"),
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")  # one label of a host name; others are in the path
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


class Endpoint(NamedTuple):
    """``url`` is scheme and host; ``path`` is what comes before the operation's own; the rest signs."""

    url: str
    host: str
    path: str
    region: str
    service: str


def is_plain(variables: Mapping[str, str] = os.environ, home: Path | None = None) -> bool:
    """Whether nothing but a Region, credentials and ``AWS_ENDPOINT_URL`` is set."""
    home = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - a user without a home isn't an error
    if (home / ".aws" / "config").exists():
        return False
    return not any(_may_matter(name, value) for name, value in variables.items())


def plain_endpoint(service: str, region: str, bucket: str = "", *, endpoint_url: str | None = None) -> Endpoint | None:
    """Give a service's endpoint in a plain environment; ``None``: the SDK knows.

    :param endpoint_url: ``AWS_ENDPOINT_URL``.
    """
    if endpoint_url:
        parts = urlsplit(endpoint_url)
        if bucket and not _IP_ADDRESS.fullmatch(parts.hostname or ""):
            return None
        path = f"{parts.path.rstrip('/')}/{bucket}/" if bucket else parts.path
        return Endpoint(f"{parts.scheme}://{parts.netloc}", parts.netloc, path, region, service)
    suffix = next((suffix for pattern, suffix in _SUFFIXES if pattern.fullmatch(region)), None)
    if suffix is None or (bucket and not _BUCKET.fullmatch(bucket)):
        return None
    place = "s3" if (service, region) == ("s3", "us-east-1") else f"{service}.{region}"  # its name from before Regions
    host = f"{bucket}.{place}.{suffix}" if bucket else f"{place}.{suffix}"
    return Endpoint(f"https://{host}", host, "/" if bucket else "", region, service)


def _may_matter(name: str, value: str) -> bool:
    if name.upper() in _OF_THE_NETWORK:
        return bool(value)
    if not name.startswith("AWS_") or name in _NEUTRAL or name.startswith(_NEUTRAL_PREFIXES):
        return False
    return (name, value) != _REGIONAL
