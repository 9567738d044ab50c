"""The bodies of requests: every event once, as it is, with its id; and what each format's answer says."""

import json
from types import SimpleNamespace

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from runtime.deliveries.event_request import DELIVERED
from runtime.deliveries.webhook.formats import FORMATS
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.errors import RefusedError, RetryableError
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey

KEY = ObjectKey.parse("tenant_id=acme-corp/cluster_id=c-1/application=api/pod_name=api-0/20260101-000000-0.json.gz")
TEXTS = ["plain", 'quotes " and \\ back', "line\nbreak", "\u2028 \u00e4 \U0001f600", '{"id":"forged"}', ""]
AT = 1_767_225_600_007  # 2026-01-01T00:00:00.007Z


def request(texts=TEXTS, at=AT):
    literals = [json.dumps(text, ensure_ascii=False).encode() for text in texts]
    batch = Batch(0, [at + position for position in range(len(texts))], literals, [len(each) for each in texts])
    ids = [bytes([position]) * 16 for position in range(len(texts))]
    delivery = SimpleNamespace(object=SimpleNamespace(key=KEY))
    return SimpleNamespace(delivery=delivery, batch=batch, ids=ids)


def written(format_, *arguments, **options):
    return FORMATS[format_].write(request(*arguments, **options))


@pytest.mark.parametrize("format_", ["ndjson", "json"])
def test_every_event_is_a_document_with_its_id(format_):
    """A receiver would miss events, or couldn't tell one that came twice."""
    body = written(format_)
    found = json.loads(body) if format_ == "json" else [json.loads(line) for line in body.splitlines()]
    assert found[0] == {
        "id": "00" * 16,
        "timestamp": "2026-01-01T00:00:00.007Z",
        "message": "plain",
        "tenant_id": "acme-corp",
        "cluster_id": "c-1",
        "application": "api",
        "pod_name": "api-0",
    }
    assert [each["message"] for each in found] == TEXTS
    assert [each["id"] for each in found] == [f"{position:02x}" * 16 for position in range(len(TEXTS))]


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_a_message_is_never_more_than_a_message(texts):
    """A line of a log could become an event, or a field, of its own."""
    lines = written("ndjson", texts).split(b"\n")
    assert [json.loads(line)["message"] for line in lines[:-1]] == texts
    assert lines[-1] == b""
    assert [each["event"] for each in objects(written("splunk_hec", texts))] == texts


def objects(body):
    found, decoder, text = [], json.JSONDecoder(), body.decode()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


def test_otlp_is_read_by_the_protocols_own_definitions():
    """A collector would refuse the request, or read other records."""
    found = json_format.Parse(written("otlp"), ExportLogsServiceRequest(), ignore_unknown_fields=False)
    (resource,) = found.resource_logs
    attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert attributes["service.name"] == "api"
    assert attributes["logrouter.tenant_id"] == "acme-corp"
    (scope,) = resource.scope_logs
    assert scope.scope.name == "logrouter"
    assert [record.body.string_value for record in scope.log_records] == TEXTS
    assert [record.time_unix_nano for record in scope.log_records][:2] == [AT * 1_000_000, (AT + 1) * 1_000_000]
    assert scope.log_records[1].attributes[0].key == "log.record.uid"
    assert scope.log_records[1].attributes[0].value.string_value == "01" * 16


def test_a_time_before_1970_is_no_time_in_otlp():
    """The protocol's times have no sign: the whole request would be refused."""
    found = json_format.Parse(written("otlp", ["a"], at=-1), ExportLogsServiceRequest())
    assert found.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano == 0


def test_splunks_events_have_time_host_and_fields():
    """A search by time or pod would find none of them."""
    first, *rest = objects(written("splunk_hec"))
    assert first == {
        "time": 1767225600.007,
        "host": "api-0",
        "source": "api",
        "sourcetype": "logrouter",
        "event": "plain",
        "fields": {"logrouter_id": "00" * 16, "cluster_id": "c-1", "application": "api", "tenant_id": "acme-corp"},
    }
    assert [each["event"] for each in rest] == TEXTS[1:]


def read(format_, body, status=200, events=3):
    return FORMATS[format_].read(EndpointAnswer("https://h.example", status, {}, body), events)


@pytest.mark.parametrize("body", [b"", b"anything", b"{}"])
def test_a_webhooks_whole_success_acknowledges(body):
    """An endpoint that answers in its own way would get its events again and again."""
    assert read("ndjson", body) is DELIVERED
    assert read("json", body) is DELIVERED


@pytest.mark.parametrize(
    ("members", "rejected"),
    [
        ({}, 0),
        ({"partialSuccess": {}}, 0),
        ({"partialSuccess": {"errorMessage": "a warning"}}, 0),
        ({"partialSuccess": {"rejectedLogRecords": "1"}}, 1),
        ({"partialSuccess": {"rejectedLogRecords": 3, "errorMessage": "content of a log"}}, 3),
    ],
)
def test_otlps_partial_success_is_never_repeated_and_loses_nothing(members, rejected):
    """The protocol forbids a repetition, and doesn't say which records it means."""
    json_format.ParseDict(members, ExportLogsServiceResponse())
    verdicts = read("otlp", json.dumps(members).encode())
    reasons = [(one.reason, list(one.positions), one.count) for one in verdicts.refused]
    expected = {0: [], 1: [("endpoint-rejected-some", [0, 1, 2], 1)], 3: [("endpoint-rejected", [0, 1, 2], 3)]}
    assert (reasons, list(verdicts.retry)) == (expected[rejected], [])


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        ("otlp", b""),
        ("otlp", b"[]"),
        ("otlp", b"<html>"),
        ("otlp", b'{"partialSuccess":1}'),
        ("splunk_hec", b""),
        ("splunk_hec", b"<html>"),
        ("splunk_hec", b"{}"),
        ("splunk_hec", b'{"text":"Success","code":9}'),
    ],
)
def test_a_success_without_the_protocols_answer_is_none(format_, body):
    """A login page in front of a collector would take a customer's logs for nothing."""
    with pytest.raises(RetryableError) as raised:
        read(format_, body)
    assert raised.value.reason == "answer-incomplete"


def test_splunks_success_has_code_0():
    """Every request would be repeated."""
    assert read("splunk_hec", b'{"text":"Success","code":0}') is DELIVERED


@pytest.mark.parametrize(
    ("status", "repeats"), [(200, True), (429, True), (502, True), (503, True), (504, True), (500, False), (501, False)]
)
def test_otlps_own_rules_say_what_is_repeated_at_once(status, repeats):
    """A client of the protocol mustn't repeat another server error."""
    answer = EndpointAnswer("https://h.example", status, {}, b"")
    if repeats:
        assert FORMATS["otlp"].check(answer) is None
    else:
        with pytest.raises(RefusedError):
            FORMATS["otlp"].check(answer)
    assert FORMATS["ndjson"].check(answer) is None
