"""Deliveries to a real Kafka: every event once and in order, and what becomes of each way to fail."""

import json
import threading
import time

import pytest

from local.sinks.certificates import Authority
from runtime.deliveries.kafka import producer_pool
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.deliveries.kafka.delivery import KafkaDelivery
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from tests.destinations.scene import Objects, batch, delivery, lines, method
from tests.destinations.servers.kafka_broker import STRANGER, WRITER

pytestmark = pytest.mark.xdist_group("kafka")
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def kafka(broker):
    """A method with the secrets of every user, and what it sets aside."""
    secrets = {name: f"{name}:{word}" for name, word in broker.passwords.items()}
    client, unknown = broker.authority.issue("client"), Authority("another authority").issue("client")
    made, kept = method(
        KafkaDelivery,
        **secrets,
        wrong=f"{WRITER}:wrong",
        certificate=client.certificate + client.key,
        unknown=unknown.certificate + unknown.key,
    )
    yield made, kept
    made.close()


@pytest.fixture
def send(kafka):
    """Return a function that delivers batches, and returns the delivery and what was set aside."""
    made, kept = kafka

    def deliver(config, *batches, source=None, **options):
        one = delivery(config, **options)
        kept.events.clear()
        deliver.last = one
        made.deliver(one, source or Objects(*batches))
        return one, list(kept.events)

    return deliver


def config(broker, topic, secret=WRITER, **fields):
    return KafkaConfig(
        **{
            "tenant_id": "acme-corp",
            "type": "kafka",
            "bootstrap_servers": [broker.address("scram")],
            "topic": topic,
            "auth": "scram",
            "credentials": [f"logrouter/acme-corp/{secret}"],
            "ca": broker.authority.certificate,
        }
        | fields
    )


def values(records):
    return [record.value.decode() for record in records]


def test_every_event_is_a_record_in_the_objects_order(broker, send):
    """A stack trace would be torn apart, or an event lost, changed or without the id that tells it from its double."""
    topic = broker.create_topic(partitions=3)
    texts = lines(12_000)
    one, aside = send(config(broker, topic), batch(*texts[:10_000]), batch(*texts[10_000:], index=1))
    assert (one.progress.checkpoint, one.progress.events, aside) == (2, 12_000, [])
    records = broker.records(topic)
    assert values(records) == texts
    assert {record.key for record in records} == {b"c-1/etcd/etcd-0"}
    assert len({record.headers["logrouter-id"] for record in records}) == 12_000
    assert records[0].headers.keys() == {"logrouter-id", "logrouter-tenant", "logrouter-cluster"}


def test_ids_are_the_same_on_every_attempt(broker, send, ledger):
    """A reader could not tell an event from its double."""
    topic = broker.create_topic()
    for _ in range(2):
        send(config(broker, topic), batch(*lines(20)), name="same")
    ids = [record.headers["logrouter-id"] for record in broker.records(topic)]
    assert len(ids) == 40
    assert len(set(ids)) == 20
    arrived = values(broker.records(topic))
    ledger.note("kafka", "killed before the checkpoint: sent again", sent=lines(20), arrived=arrived, doubled_bound=20)


def test_messages_arrive_byte_for_byte(broker, send):
    """What a program wrote would reach the customer in another form."""
    topic = broker.create_topic()
    send(config(broker, topic), batch('{\\"a\\": 1.10}', "tab\\t \\u00fc ü \\u2028", ""))
    assert values(broker.records(topic)) == ['{"a": 1.10}', "tab\t ü ü \u2028", ""]


def test_an_envelope_names_where_the_event_comes_from(broker, send):
    """A reader of many pods' records would have to guess."""
    topic = broker.create_topic()
    send(config(broker, topic, format="json"), batch("hello"))
    [record] = broker.records(topic)
    assert json.loads(record.value) == {
        "@timestamp": "2026-11-18T11:06:40.000Z",
        "message": "hello",
        "tenant_id": "acme-corp",
        "cluster_id": "c-1",
        "application": "etcd",
        "pod_name": "etcd-0",
    }


def test_a_client_certificate_signs_in(broker, send):
    """Clusters without passwords could not be delivered to."""
    topic = broker.create_topic()
    servers = [broker.address("mutual")]
    send(config(broker, topic, "certificate", auth="mtls", bootstrap_servers=servers), batch("hello"))
    assert values(broker.records(topic)) == ["hello"]


@pytest.mark.parametrize(
    ("fault", "fields", "reason"),
    [
        ("wrong password", {"secret": "wrong"}, "kafka-authentication-failed"),
        ("unknown authority", {"ca": Authority("another authority").certificate}, "tls-untrusted"),
        ("no authority given", {"ca": None}, "tls-untrusted"),
        ("no ACL", {"secret": STRANGER}, "topic-forbidden"),
        ("unknown topic", {"topic": "logs-nobody-made-it"}, "topic-not-found"),
        (
            "unknown client certificate",
            {"secret": "unknown", "auth": "mtls", "listener": "mutual"},
            "kafka-authentication-failed",
        ),
        ("no client certificate", {"auth": "none", "listener": "mutual"}, "kafka-authentication-failed"),
    ],
)
def test_what_the_customer_has_to_correct_is_known_at_once(broker, send, ledger, *, fault, fields, reason):
    """A wrong password would look like a broker that is down, and be tried for hours, thirty seconds each time."""
    wanted = dict(fields)
    listener = wanted.pop("listener", "scram")
    topic = wanted.pop("topic", None) or broker.create_topic()
    made = config(broker, topic, **{"bootstrap_servers": [broker.address(listener)], **wanted})
    began = time.monotonic()
    with pytest.raises(DeliveryError) as caught:
        send(made, batch("hello"), seconds=25)
    assert (type(caught.value), caught.value.reason) == (BlockedByCustomerError, reason)
    assert caught.value.call.hop == "DESTINATION"
    assert time.monotonic() - began < 20  # a record alone waits for 30
    assert not any(word in str(caught.value) for word in broker.passwords.values())
    there = [] if fault == "unknown topic" else values(broker.records(topic))
    ledger.note("kafka", fault, sent=["hello"], arrived=there, parked=["hello"])


def test_a_listener_without_tls_is_retryable(broker, send):
    """A cluster whose port was mistyped would be waited for without an end, or be taken for a certificate's fault."""
    with pytest.raises(DeliveryError) as caught:
        send(config(broker, broker.create_topic(), bootstrap_servers=[broker.address("plain")]), batch("a"), seconds=3)
    assert isinstance(caught.value, RetryableError)


def test_the_older_of_two_secrets_is_tried_where_the_newer_is_refused(broker, send):
    """A rotation would stop deliveries until the cluster has the new password."""
    topic = broker.create_topic()
    both = ["logrouter/acme-corp/wrong", f"logrouter/acme-corp/{WRITER}"]
    send(config(broker, topic, credentials=both), batch("hello"))
    assert values(broker.records(topic)) == ["hello"]


def test_brokers_at_private_addresses_are_refused(broker, send, ledger):
    """A hostile cluster would have us connect to whatever it advertises."""
    topic = broker.create_topic()
    made = config(broker, topic, bootstrap_servers=[broker.address("hostile")])
    with pytest.raises(BlockedByCustomerError) as caught:
        send(made, batch("hello"))
    assert caught.value.reason == "address-refused"
    arrived = values(broker.records(topic))
    ledger.note("kafka", "brokers advertised at private addresses", sent=["hello"], arrived=arrived, parked=["hello"])


def test_a_record_that_is_too_large_is_set_aside_alone(broker, send, ledger):
    """One event would refuse those that came in one piece with it, or be dropped."""
    topic = broker.create_topic(**{"max.message.bytes": "3000"})
    texts = lines(50)
    huge = "".join(f"{number:x}" for number in range(5_000))
    one, aside = send(config(broker, topic), batch(*texts[:20], huge, *texts[20:]))
    assert one.progress.set_aside == {"event-too-large": 1}
    assert [reason for reason, _ in aside] == ["event-too-large"]
    arrived = values(broker.records(topic))
    ledger.note("kafka", "a record over the topic's limit", sent=[*texts, huge], arrived=arrived, aside=[huge])


def test_a_broker_that_crashes_and_comes_back_has_everything_in_order(broker, send, ledger):
    """A restart in the middle of an object would lose events, or let later ones overtake them."""
    topic = broker.create_topic()
    texts = lines(40_000)
    planned = [batch(*texts[start : start + 10_000], index=start // 10_000) for start in range(0, 40_000, 10_000)]
    made = config(broker, topic)
    with CrashDuring(broker) as crash, pytest.raises(DeliveryError):
        send(made, source=crash.objects(*planned), name="crash", seconds=8)
    reached = send.last.progress.checkpoint
    assert 2 <= reached < 4
    broker.start()
    one, _ = send(made, *planned, name="crash", checkpoint=reached)
    assert one.progress.checkpoint == 4
    arrived = values(broker.records(topic))
    assert list(dict.fromkeys(arrived)) == texts
    fault = "broker killed in the middle and started again"
    ledger.note("kafka", fault, sent=texts, arrived=arrived, doubled_bound=10_000)


class CrashDuring:
    """Kills the broker while the third batch is sent."""

    def __init__(self, broker):
        self._thread = threading.Thread(target=broker.kill)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._thread.join()

    def objects(self, *batches):
        """Return batches the third of which begins the crash when it is taken; the fourth comes after it."""
        thread = self._thread

        class Crashing(Objects):
            def batches(self, start):
                for each in super().batches(start):
                    if each.index == 2:
                        thread.start()
                    elif each.index > 2:
                        thread.join()
                    yield each

        return Crashing(*batches)


def test_a_broker_that_is_frozen_longer_than_a_record_waits_loses_nothing(broker, send, kafka, ledger):
    """Records would wait in the client's queue after the delivery is over, and arrive later than their doubles."""
    topic = broker.create_topic()
    made = config(broker, topic)
    send(made, batch("before"))
    with broker.frozen(30), pytest.raises(DeliveryError, match="timeout"):
        send(made, batch(*lines(100)), name="frozen", seconds=5)
    producers_left = kafka[0]._pool._idle
    assert all(one.key.startswith("acme-corp/") and one.producer.usable for one in producers_left)
    one, _ = send(made, batch(*lines(100)), name="frozen")
    assert one.progress.events == 100
    arrived, sent = values(broker.records(topic)), ["before", *lines(100)]
    assert list(dict.fromkeys(arrived)) == sent
    fault = "broker frozen for longer than a record waits"
    ledger.note("kafka", fault, sent=sent, arrived=arrived, doubled_bound=100)


def test_a_process_keeps_few_producers(broker, send, kafka, monkeypatch):
    """A thousand tenants would need three thousand threads."""
    topic = broker.create_topic()
    pool = kafka[0]._pool
    monkeypatch.setattr(pool, "_capacity", 2)
    threads = threading.active_count()
    for number in range(6):
        send(config(broker, topic, tenant_id="acme-corp", type=f"kafka:{number}"), batch("hello"))
        assert len(pool._idle) <= 2
    assert threading.active_count() <= threads
    assert len(broker.records(topic)) == 6


def test_a_producer_that_was_left_alone_for_long_is_not_used_again(broker, send, kafka, monkeypatch):
    """After a function's freeze the first delivery would wait for a connection that is dead."""
    topic = broker.create_topic()
    made = config(broker, topic)
    pool = kafka[0]._pool
    send(made, batch("one"))
    first = pool._idle[-1].producer
    now = pool._now
    monkeypatch.setattr(pool, "_now", lambda: now() + producer_pool.MAX_IDLE_SECONDS + 1)
    send(made, batch("two"))
    assert not first.usable
    assert values(broker.records(topic)) == ["one", "two"]


def test_a_test_delivery_says_how_far_it_came(broker, kafka):
    """A customer would learn of a wrong password from missing logs."""
    topic = broker.create_topic()
    assert kafka[0].probe(config(broker, topic)).passed
    report = kafka[0].probe(config(broker, topic, "wrong"))
    assert [(step.name, step.outcome, step.reason) for step in report.steps] == [
        ("open", "failed", "kafka-authentication-failed"),
        ("send", "not-reached", ""),
    ]
