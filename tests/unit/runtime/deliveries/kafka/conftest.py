"""Producers on clients that never connect."""

import pytest

from tests.unit.runtime.deliveries.kafka.stand_in import Client, ClientError


@pytest.fixture
def clients(monkeypatch):
    """The clients that were made, in order; the client library makes stand-ins."""
    made = []

    def make(settings):
        made.append(Client(settings))
        return made[-1]

    monkeypatch.setattr("confluent_kafka.Producer", make)
    monkeypatch.setattr("confluent_kafka.KafkaException", ClientError)
    return made
