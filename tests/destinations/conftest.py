"""The real servers, started once a run: each belongs to one worker (``xdist_group``), the first test waits for it."""

import pytest

from tests.destinations.ledger import Ledger
from tests.destinations.servers.artifacts import ArtifactsMissingError
from tests.destinations.servers.kafka_broker import KafkaBroker
from tests.destinations.servers.opensearch_node import OpenSearchNode


def run(kind, home):
    """Start a server and end it after the last test; skip where it can't be had."""
    try:
        server = kind.started(home)
    except ArtifactsMissingError as error:
        pytest.skip(f"no real server here: {error}")
    yield server
    server.end()


@pytest.fixture(scope="session")
def ledger():
    """The account of this worker's faults, written after its last test."""
    kept = Ledger()
    yield kept
    kept.write()


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """The Kafka broker."""
    yield from run(KafkaBroker, tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """The OpenSearch node."""
    yield from run(OpenSearchNode, tmp_path_factory.mktemp("opensearch"))
