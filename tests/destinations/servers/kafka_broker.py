"""A real Kafka broker in KRaft: plain, TLS with SCRAM, and mutual TLS, with ACLs."""

import base64
import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from local.sinks.certificates import Authority
from local.waiting import wait_until
from tests.destinations.servers.artifacts import SOURCES, artifacts
from tests.destinations.servers.java_server import JavaServer

HEAP_MB = 256
CALL_SECONDS, SILENCE_SECONDS = 30.0, 5.0
LISTENERS = ("plain", "scram", "mutual", "hostile", "controller")
WRITER, STRANGER = "writer", "stranger"
"""Users with a password; the second one has no ACL."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a consumer reads it."""

    key: bytes
    value: bytes
    headers: dict[str, bytes]


class KafkaBroker:
    """One broker. ``authority``: who signed its certificate. ``passwords``: of its users."""

    def __init__(self, home: Path) -> None:
        self.authority = Authority()
        self.passwords = {name: f"{name}-{uuid.uuid4().hex}" for name in (WRITER, STRANGER)}
        self._ports = _free_ports(LISTENERS)
        self._home = home
        self._server = JavaServer(
            artifacts("kafka-server"), home, heap_mb=HEAP_MB, main="kafka.Kafka", ready="Kafka Server started"
        )
        self.frozen = self._server.frozen
        self._admin: AdminClient | None = None

    @classmethod
    def started(cls, home: Path) -> Self:
        """Make its storage, its users and ACLs, and start it."""
        broker = cls(home)
        broker._write_files()
        users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in broker.passwords.items()]
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        properties = str(home / "server.properties")
        broker._server.run("kafka.tools.StorageTool", "format", "-t", cluster, "-c", properties, *users)
        broker.start()
        broker._allow_writing(f"User:{WRITER}", "User:CN=client")
        return broker

    def _write_files(self) -> None:
        pair = self.authority.issue("broker", "127.0.0.1", "localhost")
        (self._home / "server.pem").write_text(pair.key + pair.certificate)
        (self._home / "authority.pem").write_text(self.authority.certificate)
        template = Template((SOURCES / "kafka" / "server.properties").read_text())
        (self._home / "server.properties").write_text(template.substitute(self._ports, home=self._home))

    def start(self) -> None:
        """Start it, or start it again with what it has stored."""
        self._server.start(str(self._home / "server.properties"))

    def kill(self) -> None:
        """End it as a crash would: what it has acknowledged is in its files."""
        self._server.kill()

    def end(self) -> None:
        """End it."""
        self._server.end()

    def address(self, listener: str) -> str:
        """Return a listener's ``host:port``."""
        return f"127.0.0.1:{self._ports[listener]}"

    @property
    def admin(self) -> AdminClient:
        """A client of the super user."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.address("plain"), "log_level": 0})
        return self._admin

    def create_topic(self, partitions: int = 3, **settings: str) -> str:
        """Create a topic with a name of its own, and return that."""
        name = f"logs-{uuid.uuid4().hex[:12]}"
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=settings)
        self.admin.create_topics([topic], operation_timeout=CALL_SECONDS)[name].result(CALL_SECONDS)
        return name

    def _allow_writing(self, *principals: str) -> None:
        bindings = [
            AclBinding(
                ResourceType.TOPIC, "logs-", ResourcePatternType.PREFIXED, principal, "*", operation,
                AclPermissionType.ALLOW,
            )
            for principal in principals
            for operation in (AclOperation.WRITE, AclOperation.DESCRIBE)
        ]  # fmt: skip
        for made in self.admin.create_acls(bindings).values():
            made.result(CALL_SECONDS)

    def records(self, topic: str) -> list[Record]:
        """Return a topic's records, partition after partition, in the order in which the broker has them."""
        with self._consumer() as consumer:
            places = _places(consumer, topic)
        return [record for place in places for record in self._records_of(place)]

    def _records_of(self, place: TopicPartition) -> Iterator[Record]:
        """Read a partition to its end.

        A fetch that isn't answered, as now and then by a broker that has come back, is made again by a new consumer.
        """
        position, end, until = 0, 1, time.monotonic() + CALL_SECONDS
        while position < end:
            with self._consumer() as consumer:
                end = _end_of(consumer, place)
                consumer.assign([TopicPartition(place.topic, place.partition, position)])
                while position < end and (message := consumer.poll(SILENCE_SECONDS)) is not None:
                    if message.error():
                        raise AssertionError(f"{place.topic} can't be read: {message.error()}")
                    position, until = (message.offset() or 0) + 1, time.monotonic() + CALL_SECONDS
                    headers = {name: _bytes(value) for name, value in dict(message.headers() or []).items()}
                    yield Record(_bytes(message.key()), _bytes(message.value()), headers)
            if position < end and time.monotonic() > until:
                raise AssertionError(f"{place.topic} can't be read beyond {position} of {end}")

    def count(self, topic: str) -> int:
        """Return how many records a topic has."""
        with self._consumer() as consumer:
            ends = [_end_of(consumer, place) for place in _places(consumer, topic)]
        return sum(ends)

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        settings = {"bootstrap.servers": self.address("plain"), "group.id": "reads-everything", "log_level": 0}
        consumer = Consumer({**settings, "enable.auto.commit": False})
        try:
            yield consumer
        finally:
            consumer.close()


def _places(consumer: Consumer, topic: str) -> list[TopicPartition]:
    """Return the beginning of each of a topic's partitions."""
    partitions = consumer.list_topics(topic, timeout=CALL_SECONDS).topics[topic].partitions
    return [TopicPartition(topic, number, 0) for number in partitions]


def _end_of(consumer: Consumer, place: TopicPartition) -> int:
    what = f"the leader of {place.topic}"
    return wait_until(lambda: _offsets(consumer, place), what=what, timeout_seconds=CALL_SECONDS)[1]


def _offsets(consumer: Consumer, place: TopicPartition) -> tuple[int, int] | None:
    """Return a partition's first and next offset; ``None`` while a broker that has just started doesn't lead it yet."""
    try:
        return consumer.get_watermark_offsets(place, timeout=CALL_SECONDS)
    except KafkaException as error:
        if error.args[0].retriable() or error.args[0].code() == KafkaError.NOT_LEADER_FOR_PARTITION:
            return None
        raise


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _free_ports(names: Iterable[str]) -> dict[str, str]:
    """Return loopback ports on which nothing listens right now, each another one."""
    with ExitStack() as held:
        ports = {}
        for name in names:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports[name] = str(probe.getsockname()[1])
        return ports
