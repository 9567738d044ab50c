"""An Elasticsearch delivery: bulk requests that create a document an event, by ids that make a repetition harmless."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import ClassVar, cast

from runtime.deliveries.documents import EventDocuments
from runtime.deliveries.elasticsearch.authorization import (
    Authorization,
    BulkCall,
    SecretAuthorization,
    SignedAuthorization,
)
from runtime.deliveries.elasticsearch.bulk import ANSWER_FILTER, body_of, read_answer
from runtime.deliveries.elasticsearch.config import MAX_REQUEST_BYTES, PORTS, ElasticsearchConfig
from runtime.deliveries.elasticsearch.names import NameTemplate
from runtime.deliveries.endpoint_method import EndpointMethod
from runtime.deliveries.event_request import EventRequest, Rejection, Verdicts
from runtime.deliveries.method import SEAM_VERSION, Delivery
from runtime.deliveries.sessions import role_of
from runtime.endpoints.classify_http import EndpointAnswer, classify_http
from runtime.endpoints.client import EndpointClient
from runtime.endpoints.egress import CustomerEndpoint
from runtime.errors import DeliveryError, FailedCall, Hop
from runtime.objects.batches import Batch

try:  # as where objects are read (`runtime/objects/stream.py`)
    from isal import isal_zlib as _zlib
except ImportError:  # pragma: no cover - depends on the platform
    import zlib as _zlib  # type: ignore[no-redef]  # one or the other

ACTION = "bulk:create"
_HEADERS = {"content-type": "application/x-ndjson", "accept": "application/json"}
_GZIP_LEVEL, _GZIP_WINDOW = 1, 31  # fast; zlib's ``wbits`` for a gzip member


class ElasticsearchDelivery(EndpointMethod):
    """The delivery method ``elasticsearch``, for Elasticsearch and OpenSearch."""

    seam: ClassVar[int] = SEAM_VERSION
    config_model: ClassVar[type[ElasticsearchConfig]] = ElasticsearchConfig
    ports = PORTS

    def open(self, delivery: Delivery) -> "BulkSender":
        """Check the address and the config's secrets before the object is read."""
        config = cast("ElasticsearchConfig", delivery.config)
        return BulkSender(delivery, self._policy.check(config.url), self._authorization(config), self._client)

    def _authorization(self, config: ElasticsearchConfig) -> Authorization:
        if config.log_distribution_role_arn and config.auth == "aws_sigv4":
            return SignedAuthorization(config, config.log_distribution_role_arn, self._services.role_chain)
        return SecretAuthorization(config, self._secrets, role_of(config, self._services.role_chain))


class BulkSender:
    """Sends the requests of one delivery."""

    def __init__(
        self, delivery: Delivery, endpoint: CustomerEndpoint, authorization: Authorization, client: EndpointClient
    ) -> None:
        config = cast("ElasticsearchConfig", delivery.config)
        self._delivery = delivery
        self._config = config
        self._endpoint = endpoint
        self._authorization = authorization
        self._client = client
        self._names = NameTemplate(config.template, delivery.object.key)
        self._documents = EventDocuments(delivery.object.key)
        self._headers = {**_HEADERS, "content-encoding": "gzip"} if config.compression == "gzip" else _HEADERS
        self._accepted = any(rest.accepted for rest in delivery.progress.rests)

    def send(self, request: EventRequest) -> Verdicts:
        """Create the request's documents: one call, or two where its events are of two days and so of two indexes.

        Where a later call fails, what the earlier one created is found to be there when the request is repeated.
        """
        verdicts: list[Verdicts] = []
        begin = 0
        for name, events in groupby(request.batch.timestamps, self._names.name):
            positions = range(begin, begin + sum(1 for _ in events))
            begin = positions.stop
            whole = len(positions) == len(request.batch)
            batch = request.batch if whole else request.batch.select(positions)
            verdicts.append(self._create(name, batch, request.ids[positions.start : positions.stop], positions.start))
        return verdicts[0] if len(verdicts) == 1 else _together(verdicts)

    def close(self) -> None:
        """Nothing is kept between requests."""

    def _create(self, name: str, batch: Batch, ids: Sequence[bytes], start: int) -> Verdicts:
        body = body_of(self._documents, batch, ids)
        sent = _zlib.compress(body, _GZIP_LEVEL, _GZIP_WINDOW) if self._config.compression == "gzip" else body
        target = f"{self._endpoint.target.rstrip('/')}/{name}/_bulk?{ANSWER_FILTER}"
        try:
            answer = self._authorization.send(
                BulkCall(replace(self._endpoint, target=target), self._headers, sent), self._post
            )
            classify_http(answer, request_bytes=len(body), cap=MAX_REQUEST_BYTES)
            found = read_answer(answer.body, len(batch), accepted_before=self._accepted)
        except DeliveryError as error:
            if not error.call.hop:
                error.call = FailedCall(Hop.DESTINATION.name, ACTION, self._endpoint.origin)
            raise
        settled = len(found.retry) + sum(len(one.positions) for one in found.refused)
        self._accepted |= settled < len(batch)
        return _moved(found, start) if start else found

    def _post(self, call: BulkCall, authorization: Mapping[str, str]) -> EndpointAnswer:
        headers = {**call.headers, **authorization}
        return self._client.post(call.endpoint, headers, call.body, self._delivery.budget, ca=self._config.ca)


def _moved(verdicts: Verdicts, start: int) -> Verdicts:
    """Return verdicts by the positions of the whole request."""
    refused = [Rejection(one.reason, [start + each for each in one.positions]) for one in verdicts.refused]
    return Verdicts([start + each for each in verdicts.retry], refused, verdicts.error)


def _together(verdicts: list[Verdicts]) -> Verdicts:
    retry = [each for one in verdicts for each in one.retry]
    refused = [each for one in verdicts for each in one.refused]
    return Verdicts(retry, refused, next((one.error for one in verdicts if one.error), None))
