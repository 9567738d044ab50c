"""An Elasticsearch delivery with a made-up endpoint: what is posted where, and what its answers become."""

import gzip
import json
from types import SimpleNamespace

import pytest

from runtime.backoff import Retry
from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.elasticsearch.delivery import ElasticsearchDelivery
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from tests.destinations.scene import Objects, batch, delivery, lines, method

DAY_MS = 86_400_000
IMPATIENT = Retry(attempts=4, wait=lambda seconds: None)


class Endpoint:
    """Answers each POST with the next thing planned, else that each document was created."""

    def __init__(self, *plan):
        self.plan, self.posts, self.closed = list(plan), [], 0

    def post(self, endpoint, headers, body, budget, *, ca=None):
        content = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        events = content.count(b"\n") // 2
        self.posts.append(SimpleNamespace(target=endpoint.target, headers=headers, events=events, ca=ca, body=content))
        planned = self.plan.pop(0) if self.plan else [201] * events
        if isinstance(planned, Exception):
            raise planned
        if isinstance(planned, int):
            return EndpointAnswer(endpoint.origin, planned, {"retry-after": "7"}, b"")
        items = [{"create": {"status": code, "error": {"type": f"e_{code}"}}} for code in planned]
        answer = {"errors": any(code >= 300 for code in planned), "items": items}
        return EndpointAnswer(endpoint.origin, 200, {}, json.dumps(answer).encode())

    def close(self):
        self.closed += 1


def config(**fields):
    return ElasticsearchConfig(
        **{
            "tenant_id": "acme-corp",
            "type": "elasticsearch",
            "url": "https://logs.example.com/base/",
            "index": "logs",
            "auth": "api_key",
            "credentials": ["logrouter/acme-corp/key"],
        }
        | fields
    )


def deliver(endpoint, *batches, **fields):
    made, kept = method(ElasticsearchDelivery, key="word", extra={"client": endpoint, "retry": IMPATIENT})
    one = delivery(config(**fields))
    try:
        made.deliver(one, Objects(*batches))
    finally:
        made.close()
    return one, kept.events


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_batch_becomes_requests(compression):
    """Events would be sent elsewhere, or in requests that a node refuses."""
    endpoint = Endpoint()
    one, _ = deliver(endpoint, batch(*lines(1_400)), compression=compression, ca="pem")
    assert [post.events for post in endpoint.posts] == [655, 655, 90]
    assert {post.target.partition("?")[0] for post in endpoint.posts} == {"/base/logs/_bulk"}
    assert endpoint.posts[0].headers["authorization"] == "ApiKey word"
    assert endpoint.posts[0].ca == "pem"
    assert one.progress.events == 1_400
    assert endpoint.closed == 1


def test_verdicts_of_two_indexes_keep_their_events():
    """After midnight another event than the refused one would be set aside, or be sent again."""
    endpoint = Endpoint([201] * 6, [429, 201, 400, 201])
    planned = batch(*lines(10), step_ms=DAY_MS // 10)
    split = sum(time // DAY_MS == planned.timestamps[0] // DAY_MS for time in planned.timestamps)
    assert split == 6
    one, kept = deliver(endpoint, planned, index="logs-{date}")
    assert [post.target.partition("?")[0] for post in endpoint.posts] == [
        "/base/logs-2026.11.18/_bulk",
        "/base/logs-2026.11.19/_bulk",
        "/base/logs-2026.11.19/_bulk",
    ]
    assert endpoint.posts[2].events == 1
    assert planned.literals[6] in endpoint.posts[2].body
    assert kept == [("document-refused", planned.literals[8])]
    assert (one.progress.events, one.progress.set_aside) == (9, {"document-refused": 1})


def test_ids_do_not_depend_on_the_request():
    """What is sent again alone would be another document."""
    endpoint = Endpoint([201, 503, 201])
    deliver(endpoint, batch("a", "b", "c"))
    again = endpoint.posts[1].body.splitlines()[0]
    assert endpoint.posts[0].body.splitlines()[2] == again


@pytest.mark.parametrize(
    ("planned", "kind", "reason"),
    [
        (401, BlockedByCustomerError, "endpoint-unauthorized"),
        (403, BlockedByCustomerError, "endpoint-forbidden"),
        (404, BlockedByCustomerError, "endpoint-not-found"),
        ([404] * 3, BlockedByCustomerError, "index-not-found"),
        (RetryableError("timeout", "it"), RetryableError, "timeout"),
    ],
)
def test_failures_are_the_destinations(planned, kind, reason):
    """The circuit breaker would stay closed, or a customer's mistake be tried every second."""
    with pytest.raises(DeliveryError) as caught:
        deliver(Endpoint(*[planned] * 20), batch("a", "b", "c"))
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    assert caught.value.call.hop in {"DESTINATION", ""}
    assert "word" not in str(caught.value)


def test_a_time_to_wait_for_is_handed_on():
    """A cluster that asks for rest would be asked again at once."""
    with pytest.raises(RetryableError) as caught:
        deliver(Endpoint(*[503] * 20), batch("a"))
    assert caught.value.retry_after == 7


def test_an_address_that_is_not_allowed_is_not_connected_to():
    """A customer's URL could reach the metadata service."""
    endpoint = Endpoint()
    with pytest.raises(BlockedByCustomerError, match="address-refused"):
        deliver(endpoint, batch("a"), url="https://169.254.169.254/")
    assert endpoint.posts == []
