"""The bodies of requests, one format each, and what a format's own answer says of the events.

A message goes in as the one JSON string literal that it is: nothing in it can become a field or an event of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from runtime.deliveries.event_request import DELIVERED, EventRequest, Rejection, Verdicts
from runtime.deliveries.webhook.config import WebhookFormat
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.errors import RefusedError, RetryableError
from runtime.objects.key import SEGMENT_NAMES, ObjectKey

PARTLY_REJECTED: Final = "endpoint-rejected-some"
REJECTED: Final = "endpoint-rejected"
ANSWER_INCOMPLETE: Final = "answer-incomplete"
_OTLP_RETRYABLE: Final = frozenset({408, 425, 429, 502, 503, 504})
_SERVER_ERRORS: Final = range(500, 600)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class BodyFormat:
    """One format.

    :param write: a request's body. :param read: what a success says of the events; raises ``RetryableError`` where it
        isn't the format's answer. :param check: raises for a status that the format's own rules see otherwise.
    """

    content_type: str
    write: Callable[[EventRequest], bytes]
    read: Callable[[EndpointAnswer, int], Verdicts]
    check: Callable[[EndpointAnswer], None]


def _documents(request: EventRequest) -> list[bytes]:
    batch, time = request.batch, _Times().text
    end = b"," + _encode(_origin(request.delivery.object.key))[1:]
    return [
        b'{"id":"%b","timestamp":"%b","message":%b%b' % (id_.hex().encode(), time(at), literal, end)
        for id_, at, literal in zip(request.ids, batch.timestamps, batch.literals, strict=True)
    ]


def _ndjson(request: EventRequest) -> bytes:
    return b"\n".join([*_documents(request), b""])


def _json(request: EventRequest) -> bytes:
    return b"[%b]" % b",\n".join(_documents(request))


def _otlp(request: EventRequest) -> bytes:
    """Write an ExportLogsServiceRequest as JSON (OpenTelemetry protocol 1.x, "JSON Protobuf Encoding")."""
    batch, key = request.batch, request.delivery.object.key
    attributes = {
        "k8s.cluster.name": key.cluster_id,
        "service.name": key.application,
        "k8s.pod.name": key.pod_name,
        "logrouter.tenant_id": key.tenant_id,
    }
    resource = {"attributes": [{"key": name, "value": {"stringValue": value}} for name, value in attributes.items()]}
    records = b",".join(
        b'{"timeUnixNano":"%b","body":{"stringValue":%b},"attributes":'
        b'[{"key":"log.record.uid","value":{"stringValue":"%b"}}]}'
        % (b"%d000000" % at if at > 0 else b"0", literal, id_.hex().encode())
        for id_, at, literal in zip(request.ids, batch.timestamps, batch.literals, strict=True)
    )
    return b'{"resourceLogs":[{"resource":%b,"scopeLogs":[{"scope":{"name":"logrouter"},"logRecords":[%b]}]}]}' % (
        _encode(resource),
        records,
    )


def _splunk(request: EventRequest) -> bytes:
    """Write event objects one after another (Splunk, "Format events for HTTP Event Collector")."""
    batch, key = request.batch, request.delivery.object.key
    fields = {"cluster_id": key.cluster_id, "application": key.application, "tenant_id": key.tenant_id}
    head = b'"host":%b,"source":%b,"sourcetype":"logrouter"' % (_encode(key.pod_name), _encode(key.application))
    end = b"," + _encode(fields)[1:]
    return b"\n".join(
        b'{"time":%d.%03d,%b,"event":%b,"fields":{"logrouter_id":"%b"%b}'
        % (*divmod(at, 1000), head, literal, id_.hex().encode(), end)
        for id_, at, literal in zip(request.ids, batch.timestamps, batch.literals, strict=True)
    )


def _any_success(answer: EndpointAnswer, events: int) -> Verdicts:
    del answer, events
    return DELIVERED


def _otlp_verdicts(answer: EndpointAnswer, events: int) -> Verdicts:
    """Read an ExportLogsServiceResponse (OTLP/HTTP, "Partial Success": the client must not retry the request).

    It says how many records are rejected, not which, and finding out would be a retry of those that were accepted. So
    all of the request's events are kept, none is lost, and as many as it says are counted as set aside.
    """
    partial = _members(answer).get("partialSuccess")
    rejected = _whole_number(_members_of(partial, answer).get("rejectedLogRecords")) if partial is not None else 0
    if rejected <= 0:
        return DELIVERED
    if rejected >= events:
        return Verdicts(refused=[Rejection(REJECTED, range(events))])
    return Verdicts(refused=[Rejection(PARTLY_REJECTED, range(events), among=rejected)])


def _splunk_verdicts(answer: EndpointAnswer, events: int) -> Verdicts:
    """Read an answer of the collector: code 0 is its proof (Splunk, "HTTP Event Collector error codes")."""
    del events
    code = _members(answer).get("code")
    if code is None or bytes(code).strip() != b"0":
        raise _incomplete(answer, "code 0")
    return DELIVERED


def _as_the_contract(answer: EndpointAnswer) -> None:
    del answer


def _otlp_status(answer: EndpointAnswer) -> None:
    """Keep to the protocol's rule (OTLP/HTTP, "Failures"): only 429, 502, 503 and 504 are repeated at once."""
    if answer.status in _SERVER_ERRORS and answer.status not in _OTLP_RETRYABLE:
        raise RefusedError("unavailable", f"{answer.origin} answered {answer.status}, which isn't to be repeated")


FORMATS: Final[Mapping[WebhookFormat, BodyFormat]] = {
    "ndjson": BodyFormat("application/x-ndjson", _ndjson, _any_success, _as_the_contract),
    "json": BodyFormat("application/json", _json, _any_success, _as_the_contract),
    "otlp": BodyFormat("application/json", _otlp, _otlp_verdicts, _otlp_status),
    "splunk_hec": BodyFormat("application/json", _splunk, _splunk_verdicts, _as_the_contract),
}


class _Times:
    """Times of events, of which most share a second."""

    def __init__(self) -> None:
        self._second: int | None = None
        self._text = b""

    def text(self, timestamp: int) -> bytes:
        """Return RFC 3339 with milliseconds. :param timestamp: epoch ms."""
        second, milliseconds = divmod(timestamp, 1000)
        if second != self._second:
            self._second, self._text = second, datetime.fromtimestamp(second, UTC).isoformat()[:19].encode()
        return b"%b.%03dZ" % (self._text, milliseconds)


def _origin(key: ObjectKey) -> Mapping[str, str]:
    return {name: getattr(key, name) for name in SEGMENT_NAMES}


def _members(answer: EndpointAnswer) -> Mapping[str, msgspec.Raw]:
    return _members_of(answer.body, answer)


def _members_of(text: bytes | msgspec.Raw, answer: EndpointAnswer) -> Mapping[str, msgspec.Raw]:
    try:
        return _decode(text)
    except msgspec.DecodeError:
        raise _incomplete(answer, "a JSON object") from None


def _incomplete(answer: EndpointAnswer, what: str) -> RetryableError:
    return RetryableError(ANSWER_INCOMPLETE, f"{answer.origin} answered {answer.status} without {what}")


def _whole_number(value: msgspec.Raw | None) -> int:
    """Read an int64, which JSON of protobuf writes as a text or a number; absent is 0, another thing all of them."""
    text = b"0" if value is None else bytes(value).strip().strip(b'"')
    return int(text) if text.isdigit() else 2**63
