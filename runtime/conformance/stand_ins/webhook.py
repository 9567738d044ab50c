"""A customer's HTTPS endpoint inside the process, and the secrets that it is called with."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from runtime.conformance.stand_in import StandIn, StandInClients, TakenEvent
from runtime.deliveries.webhook.config import WebhookConfig
from runtime.deliveries.webhook.delivery import WebhookDelivery
from runtime.endpoints.classify_http import EndpointAnswer, classify_failure
from runtime.endpoints.egress import CustomerEndpoint

if TYPE_CHECKING:
    from runtime.deliveries.method import DeliveryMethod
    from runtime.endpoints.client import EndpointClient

SIGNING_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


class WebhookStandIn(StandIn):
    """Endpoints that take every document; each request that fails is as one without an answer."""

    method = WebhookDelivery
    secrets: ClassVar[tuple[str, ...]] = (SIGNING_SECRET,)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[TakenEvent] = []

    def config(self, number: int) -> WebhookConfig:
        """Return a config for one endpoint of many."""
        host = f"logs-{number}.example.com"
        return WebhookConfig(
            tenant_id="acme-corp",
            type=f"webhook:n{number}",
            url=f"https://{host}/in",
            signing_secret=("logrouter/acme-corp/1",),
            verified_host=host,
        )

    def taken(self) -> list[TakenEvent]:
        """Return the documents' messages and ids."""
        return self.events

    def make(self) -> "DeliveryMethod":
        """Construct the method with a client that connects to nothing."""
        made = WebhookDelivery(self.services(), client=cast("EndpointClient", _Endpoints(self)))
        return cast("DeliveryMethod", made)

    def clients(self) -> "_Secrets":
        """Return the client that has the secret."""
        return _Secrets(self)


class _Endpoints:
    def __init__(self, stand_in: WebhookStandIn) -> None:
        self._stand_in = stand_in

    def post(
        self, endpoint: CustomerEndpoint, _headers: Mapping[str, str], body: bytes, *_budget: object, **_more: object
    ) -> EndpointAnswer:
        try:
            self._stand_in.reached()
        except OSError as error:
            raise classify_failure(error, endpoint.origin) from error
        for line in body.splitlines():
            document = msgspec.json.decode(line)
            self._stand_in.events.append(TakenEvent(document["message"], bytes.fromhex(document["id"])))
        return EndpointAnswer(endpoint.origin, 202, {}, b"")

    def close(self) -> None:
        """Hold nothing."""


class _Secrets(StandInClients):
    def call(self, service: str, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
        assert (service, operation) == ("secretsmanager", "GetSecretValue"), request
        return {"SecretString": SIGNING_SECRET}
