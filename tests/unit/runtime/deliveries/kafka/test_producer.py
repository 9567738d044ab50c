"""One producer on a client that never connects: what it asks, what it reports, and that its queue ends empty."""

from types import SimpleNamespace

import pytest

from runtime.deliveries.kafka.producer import DELIVERED, KafkaProducer, KafkaRecord
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.kafka.stand_in import ClientError, Code

RECORDS = [KafkaRecord(b"%d" % number, number, [("logrouter-id", "x")]) for number in range(4)]


class Clock:
    """A monotonic clock that moves a second each time that it is read."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


@pytest.fixture
def budget():
    return TimeBudget.of_seconds(60.0, Clock())


@pytest.fixture
def producer(clients):
    return KafkaProducer({"acks": "all"}, "broker:9096")


def test_a_question_gives_the_brokers(producer, clients, budget):
    """The addresses that a cluster advertises would not be checked."""
    [broker] = producer.ask("logs", budget)
    assert broker == ("broker-1.example.com", 9096)


def test_a_topic_that_is_missing_or_forbidden_is_known_before_anything_is_sent(producer, clients, budget):
    """Each record would wait for its time-out."""
    clients[0].topics = [{"logs": "UNKNOWN_TOPIC_OR_PART"}]
    with pytest.raises(BlockedByCustomerError, match="topic-not-found"):
        producer.ask("logs", budget)
    clients[0].topics = [{"logs": "LEADER_NOT_AVAILABLE"}]
    with pytest.raises(RetryableError, match="unavailable"):
        producer.ask("logs", budget)


def test_a_question_is_asked_again_while_the_cause_may_pass(producer, clients, budget):
    """A broker that takes a second to connect to would fail every first delivery."""
    clients[0].topics = [ClientError("_TRANSPORT"), ClientError("_TIMED_OUT"), {}]
    assert producer.ask("logs", budget)
    assert (clients[0].asked, producer.usable) == (3, True)


def test_a_refusal_is_not_waited_for(producer, clients, budget):
    """A wrong password would hold a thread for as long as the question may take."""
    clients[0].topics = [ClientError("_TRANSPORT")]
    clients[0].causes = [Code("_AUTHENTICATION", "invalid credentials")]
    with pytest.raises(BlockedByCustomerError, match="kafka-authentication-failed"):
        producer.ask("logs", budget)
    assert (clients[0].asked, producer.usable) == (1, False)


def test_a_question_without_an_answer_ends(producer, clients, budget):
    """A cluster that is gone would hold a thread for ever."""
    clients[0].topics = [ClientError("_TRANSPORT")]
    with pytest.raises(RetryableError, match="connection"):
        producer.ask("logs", budget)
    assert clients[0].asked < 20


def test_reports_are_by_record(producer, clients, budget):
    """Another record than the refused one would be set aside."""
    clients[0].reports = [None, "MSG_SIZE_TOO_LARGE", ClientError("MSG_SIZE_TOO_LARGE"), None]
    reports = producer.send("logs", b"key", RECORDS, budget)
    assert reports == [DELIVERED, "MSG_SIZE_TOO_LARGE", "MSG_SIZE_TOO_LARGE", DELIVERED]
    assert [sent[:4] for sent in clients[0].sent] == [("logs", b"key", b"%d" % at, at) for at in (0, 1, 3)]
    assert producer.usable


def test_what_has_no_report_in_time_is_taken_back(producer, clients, budget):
    """A record would arrive after the delivery is over, behind its double."""
    clients[0].reports = [None, ..., ..., None]
    reports = producer.send("logs", b"key", RECORDS, budget)
    assert reports == [DELIVERED, "_PURGE_QUEUE", "_PURGE_QUEUE", DELIVERED]
    assert (len(clients[0]), clients[0].purged, producer.usable) == (0, 1, False)


def test_a_fatal_error_ends_the_producer_and_names_its_cause(producer, clients, budget):
    """A producer that was fenced or refused would fail every later delivery, too."""
    clients[0].fatal = ClientError("CLUSTER_AUTHORIZATION_FAILED")
    reports = producer.send("logs", b"key", RECORDS, budget)
    assert DELIVERED not in reports
    assert producer.failure(reports[0]).reason == "cluster-forbidden"
    assert not producer.usable


def test_a_callback_that_fails_in_poll_is_a_cause(producer, clients, budget, monkeypatch):
    """A fatal error, which the client raises wherever it is called, would be no delivery error."""

    def poll(timeout):
        raise ClientError("CLUSTER_AUTHORIZATION_FAILED")

    clients[0].topics = [ClientError("_TRANSPORT")]
    monkeypatch.setattr(clients[0], "poll", poll)
    with pytest.raises(DeliveryError, match="cluster-forbidden"):
        producer.ask("logs", budget)


def test_an_interruption_leaves_nothing_in_the_queue(producer, clients, budget, monkeypatch):
    """A process that is told to stop would go on sending."""

    def interrupted(timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(clients[0], "flush", interrupted)
    with pytest.raises(KeyboardInterrupt):
        producer.send("logs", b"key", RECORDS, budget)
    assert clients[0].purged == 1


def test_closing_takes_back_what_is_queued(producer, clients):
    """A process's end would wait for a broker that is gone."""
    clients[0].queued = [(..., SimpleNamespace)]
    clients[0].queued = []
    producer.close()
    assert (clients[0].closed, producer.usable) == (True, False)


def test_a_token_is_asked_for_by_the_client(clients):
    """MSK IAM's clients could not sign in."""
    KafkaProducer({}, "broker:9098", lambda: ("token", 1.0))
    assert clients[0].settings["oauth_cb"]("") == ("token", 1.0)


@pytest.mark.parametrize("settings", [{"ssl.ca.pem": "hunter2"}, {"ssl.key.pem": "hunter2"}, {"acks": "hunter2"}])
def test_settings_that_the_library_refuses_are_the_customers(settings):
    """A broken certificate would be tried for hours, and the customer not told; or the secret be in a record."""
    with pytest.raises(BlockedByCustomerError, match="settings-refused") as caught:
        KafkaProducer({"bootstrap.servers": "broker:9096", "security.protocol": "SSL", **settings}, "broker:9096")
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r}"
