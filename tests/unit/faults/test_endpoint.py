"""A tenant's endpoint in the run of faults: what a request to it is about, what it keeps, and what goes wrong there."""

import gzip
import json
from http.client import HTTPConnection, HTTPException
from types import SimpleNamespace

import pytest

from local.accounting.events import SentEvent, events_of
from local.sinks.https_server import Posted, SinkServer
from local.sinks.search_sink import SearchSink
from local.waiting import wait_until
from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.webhook.config import WebhookConfig
from runtime.deliveries.webhook.formats import FORMATS
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from tests.faults.endpoint import CollectorSink, Endpoint, Form, config_of, events_in
from tests.faults.endpoint_faults import Drip, LimitRate, RefuseItems
from tests.faults.injected import LoseAnswer, Refuse
from tests.faults.ledger import Ledger
from tests.faults.objects import make_object, usual_events
from tests.faults.plan import Plan, rule
from tests.faults.tenants import Tenant

TENANT = Tenant("fr-some-kind-t000", "222222222222")
POD = "pod-000001"
OBJECT = make_object(TENANT.tenant_id, POD, usual_events(TENANT.tenant_id, POD))
EVENTS = events_of(OBJECT)


def written(format_):
    """The body that a delivery of the object posts."""
    literals = [json.dumps(event.message).encode() for event in EVENTS]
    batch = Batch(0, [event.timestamp_ms for event in EVENTS], literals, [len(each) for each in literals])
    delivery = SimpleNamespace(object=SimpleNamespace(key=ObjectKey.parse(OBJECT.key)))
    ids = [bytes([position]) * 16 for position in range(len(EVENTS))]
    return FORMATS[format_].write(SimpleNamespace(delivery=delivery, batch=batch, ids=ids))


def bulk():
    """A bulk request of the object's events."""
    return b"".join(
        json.dumps(line).encode() + b"\n"
        for position, event in enumerate(EVENTS)
        for line in (
            {"create": {"_id": str(position)}},
            {"@timestamp": "2026-01-01T00:00:00.000Z", "message": event.message, **ORIGIN},
        )
    )


ORIGIN = {"cluster_id": "demo", "application": "etcd", "pod_name": POD}


@pytest.mark.parametrize(
    ("form", "body"),
    [(Form.WEBHOOK, written("ndjson")), (Form.OTLP, written("otlp")), (Form.SEARCH, bulk())],
)
def test_a_request_says_how_many_events_it_brings(form, body):
    """A lost answer would excuse more doubles than it explains, or fewer."""
    assert events_in(form, body) == len(EVENTS)


def test_the_collector_keeps_each_event_where_it_belongs():
    """Every event of the OTLP rows would be lost, or misplaced."""
    sink = CollectorSink()
    assert sink.take(Posted("/v1/logs", {}, written("otlp"))).status == 401
    answer = sink.take(Posted("/v1/logs", {"authorization": f"Bearer {sink.token}"}, written("otlp")))
    assert (answer.status, answer.body) == (200, b"{}")
    assert sink.events() == EVENTS


@pytest.mark.parametrize("form", Form)
def test_its_config_is_one_that_deliveries_take(form):
    """The outside would refuse the config, and no fault would be met."""
    config = config_of(form, TENANT.tenant_id, 8080, f"logrouter/{TENANT.tenant_id}/1")
    if form is Form.SEARCH:
        assert ElasticsearchConfig(**config, target_region="us-east-1").url == "http://127.0.0.1:8080"
    else:
        found = WebhookConfig(**config, target_region="us-east-1")
        assert found.verified_host == found.host_to_verify


@pytest.fixture
def plan():
    plan = Plan(1, Ledger(), kinds={TENANT.tenant_id: "some-kind"})
    plan.ledger.sent(TENANT.tenant_id, POD, len(EVENTS))
    return plan


@pytest.fixture
def endpoint(plan):
    """A search cluster, listening."""
    sink = SearchSink()
    with SinkServer(sink, None) as server:
        made = Endpoint(Form.SEARCH, sink, sink.api_key, TENANT, None, plan, server.url)
        made.open()
        yield made
        made.close()


def post(endpoint, seconds=10.0):
    """Post the bulk request; gives its status, headers and body."""
    connection = HTTPConnection("127.0.0.1", endpoint.port, timeout=seconds)
    headers = {"Authorization": f"ApiKey {endpoint.secret}", "Content-Encoding": "gzip"}
    try:
        connection.request("POST", "/logs-etcd-default/_bulk", gzip.compress(bulk()), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def fails_with(plan, fault):
    plan.activate("some-kind", (rule("endpoint:*", fault, 1.0),))


def met(plan, count=1):
    wait_until(lambda: plan.ledger.injected["some-kind"] == count, what="the fault to be met", timeout_seconds=10)


def test_an_endpoint_without_a_fault_keeps_what_it_is_sent(endpoint, plan):
    """What the rows count would be the proxy's doing."""
    status, _, body = post(endpoint)
    assert (status, json.loads(body)["errors"]) == (200, False)
    assert {event.message for event in endpoint.sink.events()} == {event.message for event in EVENTS}
    wait_until(
        lambda: plan.ledger.has_arrived(TENANT.tenant_id, "elasticsearch", POD), what="arrival", timeout_seconds=10
    )
    assert plan.ledger.may_be_doubled(TENANT.tenant_id, POD, outside=True) == 0


def test_a_lost_answer_explains_doubles_at_the_endpoint_alone(endpoint, plan):
    """A log group's events might be doubled because of an endpoint; or a webhook's, lawfully, would be a failure."""
    fails_with(plan, LoseAnswer())
    with pytest.raises((HTTPException, OSError)):
        post(endpoint)
    met(plan)
    wait_until(
        lambda: plan.ledger.may_be_doubled(TENANT.tenant_id, POD, outside=True) == len(EVENTS),
        what="the ledger",
        timeout_seconds=10,
    )
    assert plan.ledger.may_be_doubled(TENANT.tenant_id, POD) == 0


def test_a_bulk_request_is_refused_in_part_and_the_answer_says_which(endpoint, plan):
    """The row of partly refused requests would be one of whole ones, or answer for the wrong documents."""
    fails_with(plan, RefuseItems())
    _, _, body = post(endpoint)
    answer = json.loads(body)
    assert answer["errors"]
    assert [item["create"]["status"] for item in answer["items"]] == [201, 429, 201, 429]
    assert {event.message for event in endpoint.sink.events()} == {event.message for event in EVENTS[::2]}
    met(plan)


def test_a_limited_endpoint_says_when_to_come_again(endpoint, plan):
    """No row would meet a Retry-After."""
    fails_with(plan, LimitRate(7))
    status, headers, _ = post(endpoint)
    assert (status, headers["Retry-After"]) == (429, "7")
    assert endpoint.sink.events() == []


def test_a_dripping_answer_has_no_end(endpoint, plan):
    """The row would be of an answer that is whole."""
    fails_with(plan, Drip(every_seconds=0.01, bytes_in_all=20))
    with pytest.raises((HTTPException, OSError)):
        post(endpoint)
    assert endpoint.sink.events() == []
    met(plan)


def test_a_closed_port_refuses_and_opens_again_where_it_was(endpoint, plan):
    """The row would meet nothing, or nothing would ever arrive again."""
    port = endpoint.port
    endpoint.close()
    with pytest.raises(ConnectionRefusedError):
        post(endpoint)
    endpoint.open()
    assert endpoint.port == port
    assert post(endpoint)[0] == 200


def test_another_kinds_endpoint_is_left_alone(endpoint, plan):
    """Kinds that run side by side would be counted for one another."""
    plan.kinds[TENANT.tenant_id] = "another-kind"
    fails_with(plan, Refuse(503, "ServiceUnavailable"))
    assert post(endpoint)[0] == 200
    assert SentEvent("demo/etcd/" + POD, 1767225600000, EVENTS[0].message) in endpoint.sink.events()
