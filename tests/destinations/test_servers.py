"""The servers themselves: what every other test here relies on."""

import pytest
from confluent_kafka import Producer


@pytest.mark.xdist_group("kafka")
def test_the_broker_keeps_what_it_acknowledged_across_a_crash(broker):
    """Tests of a broker that crashes would blame the product for what the broker forgot."""
    topic = broker.create_topic()
    producer = Producer({"bootstrap.servers": broker.address("plain"), "acks": "all"})
    producer.produce(topic, b"value", b"key", headers={"name": b"header"})
    assert producer.flush(30) == 0
    broker.kill()
    broker.start()
    [record] = broker.records(topic)
    assert (record.key, record.value, record.headers) == (b"key", b"value", {"name": b"header"})


@pytest.mark.xdist_group("opensearch")
def test_the_node_keeps_a_document(node):
    """Tests that count documents would count nothing."""
    node.call("PUT", "/kept/_create/1", {"message": "hello"})
    assert node.documents("kept") == {"1": {"message": "hello"}}
    assert node.count("kept") == 1
