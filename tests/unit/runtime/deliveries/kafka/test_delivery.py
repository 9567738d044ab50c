"""A Kafka delivery on clients that never connect: whom it asks, what it sends, and what reports become."""

import json
from types import SimpleNamespace

import pytest

from runtime.aws.credentials import Credentials
from runtime.backoff import Retry
from runtime.deliveries.kafka.client_settings import connection_token
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.deliveries.kafka.delivery import KafkaDelivery
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from tests.destinations.scene import NOW_MS, Objects, batch, delivery, method
from tests.unit.runtime.deliveries.kafka.stand_in import ClientError, Code

ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
PUBLIC = {"broker-1.example.com": ["9.9.9.9"], "inside.example.com": ["9.9.9.9", "10.0.0.1"]}


def config(**fields):
    return KafkaConfig(
        **{
            "tenant_id": "acme-corp",
            "type": "kafka",
            "bootstrap_servers": ["broker-1.example.com:9096"],
            "topic": "logs",
            "auth": "scram",
            "credentials": ["logrouter/acme-corp/new"],
        }
        | fields
    )


@pytest.fixture
def kafka(clients, monkeypatch):
    """Return a method, the clients that it makes, and what it sets aside; names lead to public addresses."""
    monkeypatch.setattr("runtime.endpoints.egress.system_resolver", lambda host, port: PUBLIC[host])
    patient = Retry(attempts=4, wait=lambda seconds: None)
    made, kept = method(KafkaDelivery, extra={"retry": patient}, new="user:new", old="user:old")
    yield SimpleNamespace(method=made, clients=clients, kept=kept)
    made.close()


def deliver(kafka, *batches, name=None, **fields):
    one = delivery(config(**fields), name=name)
    kafka.method.deliver(one, Objects(*batches))
    return one


def test_events_become_records(kafka):
    """Records would be without the message as it was written, its time, its stream as key, or its origin."""
    deliver(kafka, batch("plain ü", 'quoted \\"x\\" \\n'))
    [first, second] = kafka.clients[0].sent
    assert first[:4] == ("logs", b"c-1/etcd/etcd-0", "plain ü".encode(), NOW_MS)
    assert second[2] == b'quoted "x" \n'
    assert first[4] == {
        "logrouter-id": first[4]["logrouter-id"],
        "logrouter-tenant": b"acme-corp",
        "logrouter-cluster": b"c-1",
    }
    assert len(first[4]["logrouter-id"]) == 32
    assert first[4]["logrouter-id"] != second[4]["logrouter-id"]


def test_an_envelope_is_the_document(kafka):
    """The format of a config would be ignored."""
    deliver(kafka, batch("hello"), format="json")
    assert json.loads(kafka.clients[0].sent[0][2])["message"] == "hello"


def test_a_producer_is_used_for_the_next_delivery(kafka):
    """Each object would pay for a handshake and a producer id."""
    for _ in range(3):
        deliver(kafka, batch("a"))
    assert len(kafka.clients) == 1
    deliver(kafka, batch("a"), type="kafka:other")
    assert len(kafka.clients) == 2


def test_what_failed_is_sent_again_with_all_that_follows_it(kafka):
    """Later events would come before earlier ones, for good."""
    first = iter([[None, "NOT_ENOUGH_REPLICAS", None], []])
    make = kafka.method._make

    def prepared(*arguments):
        producer = make(*arguments)
        kafka.clients[-1].reports = next(first)
        return producer

    kafka.method._make = prepared
    one = deliver(kafka, batch("a", "b", "c"))
    assert [sent[2] for client in kafka.clients for sent in client.sent] == [b"a", b"b", b"c", b"b", b"c"]
    assert [client.closed for client in kafka.clients] == [True, False]
    assert one.progress.events == 3


def test_records_that_came_in_one_piece_with_a_large_one_are_sent_again(kafka):
    """Neighbours of a record that is too large would be set aside with it."""
    deliver(kafka, batch("warm"))
    kafka.clients[0].reports = [None, "MSG_SIZE_TOO_LARGE", "MSG_SIZE_TOO_LARGE", None, "MSG_SIZE_TOO_LARGE"]
    one = deliver(kafka, batch("a", "B", "c", "d"))
    assert [sent[2] for sent in kafka.clients[0].sent[1:]] == [b"a", b"B", b"c", b"d", b"B", b"c"]
    assert kafka.kept.events == [("event-too-large", b'"B"')]
    assert (one.progress.events, one.progress.set_aside) == (3, {"event-too-large": 1})


def test_a_refusal_in_the_reports_blocks(kafka):
    """An ACL that was taken away would look like a busy broker."""
    deliver(kafka, batch("warm"))
    kafka.clients[0].reports = ["TOPIC_AUTHORIZATION_FAILED"]
    with pytest.raises(BlockedByCustomerError, match="topic-forbidden"):
        deliver(kafka, batch("a"))


def test_the_older_secret_is_tried_where_the_newer_is_refused(kafka, monkeypatch):
    """A rotation would stop deliveries."""
    make = kafka.method._make

    def only_the_old_one(settings, *more):
        producer = make(settings, *more)
        if settings["sasl.password"] != "old":
            kafka.clients[-1].topics = [ClientError("_TRANSPORT")]
            kafka.clients[-1].causes = [Code("_AUTHENTICATION")]
        return producer

    monkeypatch.setattr(kafka.method, "_make", only_the_old_one)
    deliver(kafka, batch("a"), credentials=["logrouter/acme-corp/new", "logrouter/acme-corp/old"])
    assert [client.closed for client in kafka.clients] == [True, False]
    with pytest.raises(BlockedByCustomerError, match="kafka-authentication-failed"):
        deliver(kafka, batch("a"))


@pytest.mark.parametrize(
    "server", ["inside.example.com:9096", "10.0.0.1:9096", "localhost.:9096", "169.254.169.254:80", "metadata:80"]
)
def test_addresses_inside_are_never_asked(kafka, server):
    """A customer's bootstrap server could be one of ours."""
    with pytest.raises(BlockedByCustomerError, match="address-refused"):
        deliver(kafka, batch("a"), bootstrap_servers=[server])
    assert kafka.clients == []


@pytest.mark.parametrize("host", ["inside.example.com", "10.0.0.1", "metadata"])
def test_brokers_that_are_advertised_inside_are_refused(kafka, host):
    """A hostile cluster would have records, and a handshake, sent to whatever it names."""
    deliver(kafka, batch("warm"))
    kafka.clients[0].brokers[2] = SimpleNamespace(host=host, port=9096)
    with pytest.raises(BlockedByCustomerError, match="address-refused"):
        deliver(kafka, batch("a"))
    assert (len(kafka.clients[0].sent), kafka.clients[0].closed) == (1, True)


def test_a_failure_to_ask_gives_the_producer_back(kafka):
    """Each failure would take one of the process's producers for good."""
    kafka.method._pool._capacity = 1
    for _ in range(3):
        deliver(kafka, batch("a"))
        kafka.clients[-1].topics = [{"logs": "TOPIC_AUTHORIZATION_FAILED"}]
        with pytest.raises(DeliveryError):
            deliver(kafka, batch("a"))
        kafka.clients[-1].topics = [{}]


def test_msk_is_signed_in_to_with_the_customers_role(kafka):
    """Amazon's clusters could not be delivered to; or the token would be another tenant's."""
    session = Credentials("AKIDEXAMPLE", "secret", "token", 2e9)
    asked = []

    def customer(*arguments):
        asked.append(arguments)
        return session

    kafka.method._services.role_chain = SimpleNamespace(customer=customer)
    deliver(
        kafka, batch("a"), auth="msk_iam", credentials=[], log_distribution_role_arn=ROLE, target_region="us-east-1"
    )
    token, expires = kafka.clients[0].settings["oauth_cb"]("")
    assert asked == [("acme-corp", ROLE, None, ())]
    assert token[:40] == connection_token(session, "us-east-1")[:40]
    assert expires > 1_700_000_000


def test_a_config_without_a_usable_secret_blocks(kafka):
    """A delivery would fail as if by a fault of ours."""
    with pytest.raises(BlockedByCustomerError, match="secret-unusable"):
        deliver(kafka, batch("a"), auth="mtls")


def test_a_delivery_that_times_out_is_handed_over(kafka):
    """A broker that hangs would be tried again at once, for as long again."""
    deliver(kafka, batch("warm"))
    kafka.clients[0].reports = [...]
    with pytest.raises(RetryableError, match="timeout"):
        deliver(kafka, batch("a"))
    assert len(kafka.clients) == 1
