"""An index of Elasticsearch or OpenSearch inside the process, behind the bulk API."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from runtime.conformance.stand_in import StandIn, StandInClients, TakenEvent
from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.elasticsearch.delivery import ElasticsearchDelivery
from runtime.deliveries.method import DeliveryMethod
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.endpoints.egress import CustomerEndpoint
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.endpoints.client import EndpointClient

_CREATED, _THERE_ALREADY = 201, 409
_SECRET = "an-api-key-of-the-customers"  # noqa: S105 - of nobody


class ElasticsearchStandIn(StandIn):
    """An index that takes each id once, as ``create`` does."""

    method = ElasticsearchDelivery
    secrets: ClassVar[tuple[str, ...]] = (*StandIn.secrets, _SECRET)

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, str] = {}

    def config(self, number: int) -> ElasticsearchConfig:
        """Return a config for one cluster of many."""
        return ElasticsearchConfig(
            tenant_id="acme-corp",
            type=f"elasticsearch:n{number}",
            url=f"https://logs-{number}.example.com",
            index="logs-{application}",
            auth="api_key",
            credentials=("logrouter/acme-corp/key",),
        )

    def taken(self) -> list[TakenEvent]:
        """Return the documents' messages."""
        return [TakenEvent(text, urlsafe_b64decode(f"{id_}==")) for id_, text in self.documents.items()]

    def make(self) -> DeliveryMethod:
        """Construct the method with this in the place of what sends a request."""
        made = ElasticsearchDelivery(self.services(), client=cast("EndpointClient", _Client(self)))
        return cast("DeliveryMethod", made)

    def clients(self) -> "_Clients":
        """Return clients that know Secrets Manager."""
        return _Clients(self)


class _Clients(StandInClients):
    def call(self, service: str, action: str, request: Mapping[str, object]) -> dict[str, str]:  # noqa: ARG002 - as the real ones
        """Return the secret: a read of our own, which no fault of the destination touches."""
        return {"SecretString": _SECRET}


class _Client:
    """Takes bulk requests, and answers as the bulk API does."""

    def __init__(self, stand_in: ElasticsearchStandIn) -> None:
        self._stand_in = stand_in

    def post(
        self,
        endpoint: CustomerEndpoint,
        headers: Mapping[str, str],  # noqa: ARG002 - as the real one
        body: bytes,
        budget: TimeBudget,  # noqa: ARG002 - as the real one
        *,
        ca: str | None = None,  # noqa: ARG002 - as the real one
    ) -> EndpointAnswer:
        """Create the documents that aren't there yet."""
        self._stand_in.reached()
        lines = [msgspec.json.decode(line) for line in body.splitlines()]
        statuses = [
            self._create(action["create"]["_id"], each) for action, each in zip(*[iter(lines)] * 2, strict=True)
        ]
        items = [
            {"create": {"status": status, "error": {"type": "version_conflict_engine_exception"}}}
            for status in statuses
        ]
        answer = msgspec.json.encode({"errors": _THERE_ALREADY in statuses, "items": items})
        return EndpointAnswer(endpoint.origin, 200, {}, answer)

    def close(self) -> None:
        """Nothing is open."""

    def _create(self, id_: str, document: Mapping[str, str]) -> int:
        if id_ in self._stand_in.documents:
            return _THERE_ALREADY
        self._stand_in.documents[id_] = document["message"]
        return _CREATED
