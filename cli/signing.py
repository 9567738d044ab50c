"""Requests signed with Signature Version 4, as IAM authorization of API Gateway wants them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

SERVICE = "execute-api"
TIMEOUT = urllib3.Timeout(connect=5, read=30)  # seconds; API Gateway answers within 29
RETRIES = urllib3.Retry(
    total=3,
    connect=3,
    read=0,
    status=3,
    status_forcelist=(429, 503),
    allowed_methods=None,
    backoff_factor=0.5,
    raise_on_status=False,
)
"""429 and 503 say when to come back. The API's changes are conditional, or say the same twice: repeating them is safe,
but for a lost answer, which isn't retried (``read=0``)."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What came back. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Signer:
    """Sends signed requests to one API.

    :param credentials: botocore's; read again for each request, so that temporary ones are renewed.
    """

    def __init__(self, api_url: str, region: str, credentials: Any) -> None:
        self._url = api_url.rstrip("/")
        self._auth = SigV4Auth(credentials, SERVICE, region)
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=RETRIES)

    @classmethod
    def from_environment(cls, api_url: str, region: str, profile: str | None = None) -> "Signer":
        """Sign with what the SDK finds: environment, profile, SSO, role. Raises ``NoCredentialsFoundError``."""
        from botocore.session import Session  # noqa: PLC0415 - a fifth of a second: the embedded cloud needs none

        credentials = Session(profile=profile).get_credentials()
        if credentials is None:
            raise NoCredentialsFoundError("no AWS credentials found: set AWS_PROFILE, or sign in")
        return cls(api_url, region, credentials)

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> ApiResponse:
        """Send one request. ``path`` is encoded already, its query included."""
        request = AWSRequest(method=method, url=self._url + path, data=body, headers=dict(headers or {}))
        self._auth.add_auth(request)
        prepared = request.prepare()
        answer = self._pool.request(method, prepared.url, body=body, headers=dict(prepared.headers), redirect=False)
        return ApiResponse(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


class NoCredentialsFoundError(Exception):
    """There is nothing to sign with."""
