"""The destinations of ``benchmarks.destinations``: each with a config of its own for a run, and a count of arrivals."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

from local.sinks.certificates import Authority
from local.sinks.https_server import HOST, SinkServer
from local.sinks.webhook_sink import PATH, WebhookSink
from tests.destinations.servers.kafka_broker import WRITER, KafkaBroker
from tests.destinations.servers.opensearch_node import OpenSearchNode

COMMON: Final = {"tenant_id": "bench", "target_region": "us-east-1"}
SECRET: Final = ["logrouter/bench/1"]
Job = dict[str, Any]


class Destination(Protocol):
    """One destination, whose server runs."""

    def job(self) -> Job:
        """Return what a contender needs for a run: our config, the secret, and what a straightforward one needs."""

    def arrived(self, job: Job) -> int:
        """Return how many of a run's events are there; drop them."""


class Kafka:
    """A real broker, by TLS and SCRAM."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker

    def job(self) -> Job:
        """Make a topic; see ``Destination``."""
        broker = self._broker
        password, address, authority = broker.passwords[WRITER], broker.address("scram"), broker.authority.certificate
        config = {
            **COMMON,
            "type": "kafka",
            "bootstrap_servers": [address],
            "topic": broker.create_topic(partitions=1),
            "auth": "scram",
            "credentials": SECRET,
            "ca": authority,
        }
        settings = {
            "bootstrap.servers": address,
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": WRITER,
            "sasl.password": password,
            "ssl.ca.pem": authority,
        }
        return {"config": config, "secret": f"{WRITER}:{password}", "settings": settings}

    def arrived(self, job: Job) -> int:
        """Count the topic's records."""
        return self._broker.count(job["config"]["topic"])


class OpenSearch:
    """A real node, by plain HTTP."""

    def __init__(self, node: OpenSearchNode) -> None:
        self._node = node

    def job(self) -> Job:
        """Name an index; see ``Destination``."""
        index = f"bench-{uuid4().hex[:8]}"
        config = {
            **COMMON,
            "type": "elasticsearch",
            "url": self._node.url,
            "index": index,
            "auth": "basic",
            "credentials": SECRET,
        }
        return {"config": config, "secret": "user:password"}

    def arrived(self, job: Job) -> int:
        """Count the index's documents."""
        index = job["config"]["index"]
        there = self._node.count(index)
        self._node.call("DELETE", f"/{index}")
        return there


class HttpsEndpoint:
    """An endpoint of the demo's, by TLS: it checks each signature, and reads each line."""

    def __init__(self, server: SinkServer, authority: Authority) -> None:
        self._server = server
        self._authority = authority
        self._sink = WebhookSink()

    def job(self) -> Job:
        """Begin again, with another secret; see ``Destination``."""
        self._server.sink = self._sink = WebhookSink()
        config = {
            **COMMON,
            "type": "webhook",
            "url": self._server.url + PATH,
            "verified_host": self._server.url.removeprefix("https://"),
            "signing_secret": SECRET,
            "ca": self._authority.certificate,
        }
        return {"config": config, "secret": self._sink.secret}

    def arrived(self, job: Job) -> int:
        """Count what the endpoint took."""
        del job
        return len(self._sink.events())


@contextmanager
def kafka(home: Path) -> Iterator[Destination]:
    """Run a broker. Raises ``ArtifactsMissingError`` without a JDK and Maven."""
    broker = KafkaBroker.started(home)
    try:
        yield Kafka(broker)
    finally:
        broker.end()


@contextmanager
def opensearch(home: Path) -> Iterator[Destination]:
    """Run a node. Raises ``ArtifactsMissingError`` without a JDK and Maven."""
    node = OpenSearchNode.started(home)
    try:
        yield OpenSearch(node)
    finally:
        node.end()


@contextmanager
def https_endpoint(home: Path) -> Iterator[Destination]:
    """Run an endpoint."""
    del home
    authority = Authority()
    with SinkServer(WebhookSink(), authority.issue(HOST, HOST)) as server:
        yield HttpsEndpoint(server, authority)
