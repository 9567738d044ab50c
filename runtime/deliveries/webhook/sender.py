"""Sends the requests of one webhook delivery: body, signature, token, and what the answer says of the events."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from runtime import scheduling
from runtime.deliveries.event_request import EventRequest, Verdicts
from runtime.deliveries.webhook.config import MAX_BYTES, WebhookConfig
from runtime.deliveries.webhook.formats import FORMATS
from runtime.deliveries.webhook.signatures import signature_headers, signing_key
from runtime.endpoints.classify_http import UNAUTHORIZED_STATUS, EndpointAnswer, classify_http
from runtime.endpoints.client import EndpointClient
from runtime.endpoints.customer_secret import CustomerRole
from runtime.endpoints.egress import CustomerEndpoint
from runtime.endpoints.secret import Secret
from runtime.endpoints.secrets import UNUSABLE, SecretReader
from runtime.errors import BlockedByCustomerError
from runtime.time_budget import TimeBudget

_GZIP: Final = 16 + zlib.MAX_WBITS
_GZIP_LEVEL: Final = 1


class WebhookSender:
    """Sends the requests of one delivery; several threads may call it at once."""

    def __init__(
        self,
        config: WebhookConfig,
        endpoint: CustomerEndpoint,
        *,
        client: EndpointClient,
        secrets: SecretReader,
        role: CustomerRole | None,
        budget: TimeBudget,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        self._config = config
        self._endpoint = endpoint
        self._client = client
        self._secrets = secrets
        self._role = role
        self._budget = budget
        self._now = now
        self._format = FORMATS[config.format]

    def read_secrets(self, *, refresh: bool = False) -> tuple[list[Secret], list[Secret]]:
        """Return the live signing secrets and the live tokens, the newest first.

        :raises DeliveryError: one can't be read or used.
        """
        config = self._config
        signing, tokens = (
            self._secrets.live(config.tenant_id, references, role=self._role, refresh=refresh)
            for references in (config.signing_secret, config.token)
        )
        try:
            for secret in signing:
                signing_key(secret)
        except ValueError:
            raise BlockedByCustomerError(UNUSABLE, "a signing secret isn't whsec_ and base64") from None
        return signing, tokens

    def send(self, request: EventRequest) -> Verdicts:
        """Post the events; see ``Sender``."""
        body = self._format.write(request)
        answer = self.post(request.id, body, self._format.content_type)
        self._format.check(answer)
        classify_http(answer, request_bytes=len(body), cap=MAX_BYTES)
        return self._format.read(answer, len(request.batch))

    def close(self) -> None:
        """Hold nothing: each request ends with its answer."""

    def post(self, id_: str, body: bytes, content_type: str, *, token: Secret | None = None) -> EndpointAnswer:
        """Post a body with the newest token; where it is refused, with each token that is live now.

        :param token: that one, and no other.
        :raises DeliveryError: no whole answer.
        """
        body, headers = self._compressed(body), {**self._static_headers(), "content-type": content_type}
        if self._config.compression == "gzip":
            headers["content-encoding"] = "gzip"
        signing, tokens = self.read_secrets()
        answer = self._once(id_, body, headers, signing, tokens[:1] if token is None else [token])
        if answer.status != UNAUTHORIZED_STATUS or token is not None:
            return answer
        signing, tokens = self.read_secrets(refresh=True)
        for position in range(max(1, len(tokens))):
            answer = self._once(id_, body, headers, signing, tokens[position : position + 1])
            if answer.status != UNAUTHORIZED_STATUS:
                break
        return answer

    def _once(
        self, id_: str, body: bytes, headers: Mapping[str, str], signing: Sequence[Secret], token: Sequence[Secret]
    ) -> EndpointAnswer:
        sent = {**headers, "webhook-id": id_}
        if signing:
            sent |= signature_headers(id_, int(self._now()), body, signing)
        for secret in token:
            sent[self._config.auth_header] = f"{self._scheme()}{secret.reveal()}"
        return self._client.post(self._endpoint, sent, body, self._budget, ca=self._config.ca)

    def _scheme(self) -> str:
        if self._config.auth_header != "authorization":
            return ""
        return "Splunk " if self._config.format == "splunk_hec" else "Bearer "

    def _static_headers(self) -> dict[str, str]:
        pairs = (header.partition(": ") for header in self._config.headers)
        return {name: value for name, _, value in pairs}

    def _compressed(self, body: bytes) -> bytes:
        if self._config.compression != "gzip":
            return body
        packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP)
        return packer.compress(body) + packer.flush()
