"""Deliveries to a real OpenSearch: what is indexed, once, and what becomes of what it refuses."""

import json
import uuid
from dataclasses import replace

import pytest

from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.elasticsearch.delivery import ElasticsearchDelivery
from runtime.deliveries.event_request import EventRequest
from runtime.errors import BlockedByCustomerError, DeliveryError, RequestTooLargeError, RetryableError
from tests.destinations.relay import Answer, Relay
from tests.destinations.scene import Objects, batch, delivery, lines, method

pytestmark = pytest.mark.xdist_group("opensearch")
MIB = 1024 * 1024


@pytest.fixture
def sent(node):
    """Yield a function that delivers batches, and returns the delivery and what was set aside."""
    elasticsearch, kept = method(ElasticsearchDelivery, password="user:word")

    def send(config, *batches, **options):
        one = delivery(config, **options)
        kept.events.clear()
        elasticsearch.deliver(one, Objects(*batches))
        return one, list(kept.events)

    send.method = elasticsearch
    yield send
    elasticsearch.close()


def messages(*planned):
    """Return the messages of planned batches."""
    return [json.loads(literal) for each in planned for literal in each.literals]


def arrived(node, index):
    """Return the messages of an index, one for each document."""
    return [document["message"] for document in node.documents(index).values()]


def index_name():
    return f"logs-{uuid.uuid4().hex[:12]}"


def config(node, **fields):
    return ElasticsearchConfig(
        **{
            "tenant_id": "acme-corp",
            "type": "elasticsearch",
            "url": node.url,
            "auth": "basic",
            "credentials": ["logrouter/acme-corp/password"],
        }
        | ({} if "data_stream" in fields else {"index": index_name()})
        | fields
    )


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_every_event_is_a_document_and_a_replay_doubles_nothing(node, sent, ledger, compression):
    """Events would be lost, changed, or there twice after a lost answer."""
    into = config(node, compression=compression)
    planned = batch(*lines(2_000)), batch('{\\"a\\": 1}', "tab\\t and \\u2028 and ü\\n{}", index=1)
    one, aside = sent(into, *planned, name="same")
    assert (one.progress.checkpoint, one.progress.events, aside) == (2, 2_002, [])
    for _ in range(2):
        again, aside = sent(into, *planned, name="same")
        assert (again.progress.events, aside) == (2_002, [])
    documents = node.documents(into.index)
    assert len(documents) == 2_002
    if compression == "gzip":
        ledger.note(
            "elasticsearch", "delivered three times", sent=messages(*planned), arrived=arrived(node, into.index)
        )
    assert sorted(document["message"] for document in documents.values()) == sorted(messages(*planned))
    first = next(document for document in documents.values() if document["message"].startswith("00000001"))
    assert first == {
        "@timestamp": "2026-11-18T11:06:40.001Z",
        "message": first["message"],
        "tenant_id": "acme-corp",
        "cluster_id": "c-1",
        "application": "etcd",
        "pod_name": "etcd-0",
    }


def test_a_data_stream_takes_events_once(node, sent):
    """The destination that most customers have would refuse every event, or double replays."""
    node.call("PUT", "/_index_template/streams", {"index_patterns": ["stream-*"], "data_stream": {}, "priority": 500})
    into = config(node, data_stream=f"stream-{uuid.uuid4().hex[:8]}-{{application}}")
    for _ in range(2):
        sent(into, batch(*lines(10)), name="same")
    assert node.count(into.data_stream.format(application="etcd")) == 10


def test_events_of_two_days_go_to_two_indexes(node, sent):
    """A daily index would hold another day's events; or only one part of a request would be sent."""
    name = index_name()
    day = 86_400_000
    planned = batch(*lines(10), step_ms=day // 10)
    sent(config(node, index=name + "-{date}"), planned)
    days = {time // day for time in planned.timestamps}
    assert len(days) == 2
    assert sum(node.count(f"{name}-2026.11.{day}") for day in (18, 19)) == 10


def test_what_the_mapping_refuses_is_set_aside_and_its_neighbours_are_not(node, sent, ledger):
    """One event that the index can't take would refuse or repeat the others, or be dropped without a trace."""
    into = config(node)
    node.call("PUT", f"/{into.index}", {"mappings": {"properties": {"message": {"type": "integer"}}}})
    planned = batch("1", "not a number", "2", "secret text")
    one, aside = sent(into, planned)
    assert one.progress.set_aside == {"mapper-parsing": 2}
    assert aside == [("mapper-parsing", b'"not a number"'), ("mapper-parsing", b'"secret text"')]
    refused = [json.loads(literal) for _, literal in aside]
    fault = "some events refused by the mapping"
    ledger.note("elasticsearch", fault, sent=messages(planned), arrived=arrived(node, into.index), aside=refused)


def test_an_index_that_refuses_everything_loses_nothing(node, sent, ledger):
    """A mapping that fits no event would set aside all that a tenant logs."""
    into = config(node)
    node.call("PUT", f"/{into.index}", {"mappings": {"properties": {"message": {"type": "integer"}}}})
    with pytest.raises(BlockedByCustomerError, match="refuses-everything"):
        sent(into, batch("a", "b", "c"))
    texts, fault = ["a", "b", "c"], "every event refused by the mapping"
    ledger.note("elasticsearch", fault, sent=texts, arrived=arrived(node, into.index), parked=texts)


def test_an_index_that_may_not_be_created_blocks(node, sent, ledger):
    """A mistyped name would count as delivered, or be tried for ever without a word to the customer."""
    with pytest.raises(BlockedByCustomerError, match="index-not-found"):
        sent(config(node, index=f"strict-{uuid.uuid4().hex[:8]}"), batch("a"))
    ledger.note("elasticsearch", "an index that doesn't exist", sent=["a"], arrived=[], parked=["a"])


def test_a_write_block_passes(node, sent, ledger):
    """A disk that was full for an hour would cost the events of that hour."""
    into = config(node)
    node.call("PUT", f"/{into.index}", {"settings": {"index.blocks.write": True}})
    with pytest.raises(DeliveryError) as caught:
        sent(into, batch("a", "b"), name="blocked")
    assert (type(caught.value).__name__, caught.value.reason) == ("RetryableError", "cluster-block")
    node.call("PUT", f"/{into.index}/_settings", {"index.blocks.write": False})
    sent(into, batch("a", "b"), name="blocked")
    fault = "writes blocked for a while"
    ledger.note("elasticsearch", fault, sent=["a", "b"], arrived=arrived(node, into.index))


def test_a_request_that_is_too_large_is_halved(node, sent, ledger, monkeypatch):
    """A node answers 429 to 101 MB: taken for load, the request would be repeated for ever."""
    into = config(node)
    huge = batch(*(f"{number:03}" + "x" * MIB for number in range(101)))
    sender = sent.method.open(delivery(into))
    with pytest.raises(RequestTooLargeError):
        sender.send(EventRequest(delivery(into), huge))
    limits = replace(into.facts.limits, bytes=256 * MIB)
    monkeypatch.setattr(ElasticsearchConfig, "facts", replace(into.facts, limits=limits))
    one, aside = sent(into, huge)
    assert (one.progress.events, aside) == (101, [])
    fault = "429 for a request of 101 MiB"
    ledger.note("elasticsearch", fault, sent=messages(huge), arrived=arrived(node, into.index))


def test_a_node_that_is_frozen_is_no_loss(node, sent, ledger):
    """What a node took before it stopped answering would be there twice, or the rest not at all."""
    into = config(node)
    first, second = batch(*lines(200)[:100]), batch(*lines(200)[100:], index=1)
    sent(into, first, name="frozen")
    with node.frozen(20), pytest.raises(DeliveryError, match="timeout"):
        sent(into, first, second, name="frozen", seconds=4)
    one, _ = sent(into, first, second, name="frozen")
    assert one.progress.events == 200
    fault = "node frozen for longer than an attempt"
    ledger.note("elasticsearch", fault, sent=lines(200), arrived=arrived(node, into.index))


def test_a_node_that_crashes_and_comes_back_has_each_event_once(node, sent, ledger):
    """A restart in the middle of an object would lose its events, or double them."""
    into = config(node)
    texts = lines(3_000)
    planned = [batch(*texts[start : start + 500], index=start // 500) for start in range(0, 3_000, 500)]
    one = delivery(into, name="crash")
    with pytest.raises(DeliveryError):
        sent.method.deliver(one, Crashing(node, *planned))
    assert one.progress.checkpoint == 3
    node.start()
    rest = delivery(into, name="crash", checkpoint=one.progress.checkpoint)
    sent.method.deliver(rest, Objects(*planned))
    assert rest.progress.checkpoint == 6
    sent(into, *planned, name="crash")
    fault = "node killed in the middle and started again; a replay"
    ledger.note("elasticsearch", fault, sent=texts, arrived=arrived(node, into.index))


class Crashing(Objects):
    """Crashes the node before the fourth batch."""

    def __init__(self, node, *batches):
        super().__init__(*batches)
        self._node = node

    def batches(self, start):
        for each in super().batches(start):
            if each.index == 3:
                self._node.kill()
            yield each


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.WHOLE])
def test_an_answer_that_is_no_whole_one_acknowledges_nothing_and_doubles_nothing(node, sent, ledger, answer):
    """What the node took would be there twice; or what it didn't take would count as delivered."""
    into, texts = index_name(), lines(60)
    first, second = batch(*texts[:30]), batch(*texts[30:], index=1)
    with Relay(node.port).running() as relay:
        broken = config(node, index=into, url=relay.url)
        sent(broken, first, name=answer.name)
        relay.answer = answer
        one = delivery(broken, name=answer.name, checkpoint=1, seconds=3)
        with pytest.raises(RetryableError):
            sent.method.deliver(one, Objects(first, second))
        assert one.progress.checkpoint == 1
    sent(config(node, index=into), first, second, name=answer.name)
    fault = f"the answer {answer}, after the node took the request"
    ledger.note("elasticsearch", fault, sent=texts, arrived=arrived(node, into))


def test_a_test_delivery_says_how_far_it_came(node, sent):
    """A customer would learn of a wrong address from missing logs."""
    assert sent.method.probe(config(node)).passed
    report = sent.method.probe(config(node, index=f"strict-{uuid.uuid4().hex[:8]}"))
    assert [(step.name, step.outcome, step.reason) for step in report.steps] == [
        ("open", "passed", ""),
        ("send", "failed", "index-not-found"),
    ]
