"""How a request says who sends it: an API key or a password from a secret, or a signature of the customer's role."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from runtime import scheduling
from runtime.aws.signature import signed
from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.sessions import Sessions
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.endpoints.customer_secret import CustomerRole
from runtime.endpoints.egress import CustomerEndpoint
from runtime.endpoints.secret import Secret
from runtime.endpoints.secrets import SecretReader
from runtime.errors import EXPIRED, RetryableError

_UNAUTHORIZED, _FORBIDDEN = 401, 403
_EXPIRED_TEXT = b"security token included in the request is expired"


@dataclass(frozen=True, slots=True)
class BulkCall:
    """One request. ``headers``: lower-case names, without those that authorize it."""

    endpoint: CustomerEndpoint
    headers: Mapping[str, str]
    body: bytes


Post = Callable[[BulkCall, Mapping[str, str]], EndpointAnswer]
"""Sends a request with the headers that authorize it."""


class Authorization(Protocol):
    """Sends the requests of one delivery, each with proof of who sends it."""

    def send(self, call: BulkCall, post: Post) -> EndpointAnswer:
        """Return the destination's answer, whatever its status.

        :raises runtime.errors.DeliveryError: there is nothing to authorize it with, or ``post`` has failed.
        """


class SecretAuthorization:
    """The config's secrets: the one that was accepted last, and where it is refused the others, read again."""

    def __init__(self, config: ElasticsearchConfig, reader: SecretReader, role: CustomerRole | None = None) -> None:
        self._config = config
        self._role = role
        self._reader = reader
        self._accepted: Secret | None = None

    def send(self, call: BulkCall, post: Post) -> EndpointAnswer:
        """Return the answer to the last secret that was tried."""
        first = self._accepted or self._live()[0]
        answer = self._try(first, call, post)
        if answer.status == _UNAUTHORIZED:
            for secret in self._live(refresh=True):
                if secret != first and answer.status == _UNAUTHORIZED:
                    answer = self._try(secret, call, post)
        return answer

    def _try(self, secret: Secret, call: BulkCall, post: Post) -> EndpointAnswer:
        answer = post(call, {"authorization": self._header(secret.reveal())})
        self._accepted = None if answer.status == _UNAUTHORIZED else secret
        return answer

    def _live(self, *, refresh: bool = False) -> list[Secret]:
        config = self._config
        return self._reader.live(config.tenant_id, config.credentials, role=self._role, refresh=refresh)

    def _header(self, value: str) -> str:
        """An API key's secret is what creating it gives as ``encoded``, a password's is ``user:password``."""
        return f"ApiKey {value}" if self._config.auth == "api_key" else f"Basic {b64encode(value.encode()).decode()}"


class SignedAuthorization:
    """Signatures of the customer's role, for OpenSearch Service (``es``) and Serverless (``aoss``)."""

    def __init__(self, config: ElasticsearchConfig, role_arn: str, sessions: Sessions) -> None:
        self._config = config
        self._role_arn = role_arn
        self._sessions = sessions

    def send(self, call: BulkCall, post: Post) -> EndpointAnswer:
        """Return the answer to the signed request.

        :raises RetryableError: ``expired-token``: the next attempt has a new session.
        """
        config, endpoint = self._config, call.endpoint
        credentials = self._sessions.customer(
            config.tenant_id, self._role_arn, config.external_id, config.allowed_regions
        )
        path, _, query = endpoint.target.partition("?")
        headers = signed(
            "POST",
            path,
            call.headers,
            call.body,
            host=endpoint.authority,
            query=query,
            credentials=credentials,
            region=config.target_region or "",
            service=config.aws_service,
            now=datetime.fromtimestamp(scheduling.now(), UTC),
        )
        answer = post(call, headers)
        if answer.status == _FORBIDDEN and _EXPIRED_TEXT in answer.body:
            self._sessions.invalidate(credentials)
            raise RetryableError(EXPIRED, f"{endpoint.origin}: the session of {self._role_arn} has expired")
        return answer
