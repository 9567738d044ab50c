"""A Kafka delivery: one record an event, in order, each with its id; acknowledged when every report is in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import msgspec

from runtime import scheduling
from runtime.backoff import Retry
from runtime.deliveries.documents import EventDocuments
from runtime.deliveries.event_method import EventMethod, KeepEvents
from runtime.deliveries.event_request import DELIVERED as DELIVERED_ALL
from runtime.deliveries.event_request import EventRequest, Verdicts
from runtime.deliveries.kafka.client_settings import (
    TOKEN_SECONDS,
    Settings,
    client_settings,
    connection_token,
    digest,
)
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.deliveries.kafka.error_mapping import AUTHENTICATION_FAILED, REFUSED, TOO_LARGE
from runtime.deliveries.kafka.producer import DELIVERED, KafkaProducer, KafkaRecord, Token
from runtime.deliveries.kafka.producer_pool import ProducerPool
from runtime.deliveries.method import SEAM_VERSION, Delivery, DeliveryServices
from runtime.deliveries.sessions import role_of
from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.egress import EgressPolicy
from runtime.endpoints.secret import Secret
from runtime.endpoints.secrets import SecretReader
from runtime.errors import BlockedByCustomerError, RetryableError

RESOLVE_SECONDS: Final = 5.0
_decode = msgspec.json.Decoder(str).decode


class KafkaDelivery(EventMethod):
    """The delivery method ``kafka``.

    :param producers: replaced by tests. The others: see ``EventMethod``.
    """

    seam: ClassVar[int] = SEAM_VERSION
    config_model: ClassVar[type[KafkaConfig]] = KafkaConfig

    def __init__(
        self,
        services: DeliveryServices,
        *,
        make_producer: Callable[[Settings, str, Token | None], KafkaProducer] = KafkaProducer,
        set_aside: KeepEvents | None = None,
        retry: Retry | None = None,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        super().__init__(services, set_aside=set_aside, retry=retry, now=now)
        policy = EgressPolicy(allow_loopback=services.settings.allow_loopback)
        self._policy = policy
        self._addresses = AddressBook(policy)
        self._secrets = SecretReader(services.clients)
        self._make = make_producer
        self._pool = ProducerPool()

    def open(self, delivery: Delivery) -> "RecordSender":
        """Connect, and ask for the topic and the brokers, before the object is read."""
        config = cast("KafkaConfig", delivery.config)
        return RecordSender(delivery, lambda: self._connect(delivery, config))

    def close(self) -> None:
        """Close the producers, and resolve no further name."""
        self._pool.close()
        self._addresses.close()

    def _connect(self, delivery: Delivery, config: KafkaConfig) -> "Connection":
        """Return a connection whose topic and brokers have been asked for and checked.

        Of two live secrets the older one is tried where the newer one is refused.
        """
        delivery.budget.check()
        for server in config.bootstrap_servers:
            self._check(server, delivery)
        refused: BlockedByCustomerError | None = None
        for secret in self._live(config):
            try:
                return self._connect_with(secret, delivery, config)
            except BlockedByCustomerError as error:
                if error.reason != AUTHENTICATION_FAILED:
                    raise
                refused = error
        raise refused or BlockedByCustomerError("secret-unusable", "the config names no secret")

    def _connect_with(self, secret: Secret | None, delivery: Delivery, config: KafkaConfig) -> "Connection":
        settings = client_settings(config, secret)
        key = f"{config.tenant_id}/{config.type}/{config.log_distribution_role_arn}/{digest(settings)}"
        token = self._token(config)
        producer = self._pool.take(key, lambda: self._make(settings, config.bootstrap_servers[0], token))
        producer.token = token
        connection = Connection(producer, lambda: self._pool.give_back(key, producer))
        try:
            for broker in producer.ask(config.topic_of(delivery.object.key), delivery.budget):
                self._check(f"{broker.host}:{broker.port}", delivery)
        except BlockedByCustomerError:
            producer.usable = False
            connection.release()
            raise
        except BaseException:
            connection.release()
            raise
        return connection

    def _check(self, server: str, delivery: Delivery) -> None:
        """Hold an address, the config's or an advertised one, to the egress policy: its name and what that leads to.

        The client resolves names again by itself: behind this the network closes private ranges.
        """
        host, port = self._policy.check_peer(server)
        self._addresses.address(host, port, min(RESOLVE_SECONDS, delivery.budget.remaining()))

    def _live(self, config: KafkaConfig) -> Iterator[Secret | None]:
        if not config.credentials or config.auth in {"none", "msk_iam"}:
            yield None
            return
        role = role_of(config, self._services.role_chain)
        known = self._secrets.live(config.tenant_id, config.credentials, role=role)
        yield from known
        fresh = self._secrets.live(config.tenant_id, config.credentials, role=role, refresh=True)
        yield from (secret for secret in fresh if secret not in known)

    def _token(self, config: KafkaConfig) -> Token | None:
        """Return what signs the client in with the customer's role; the client calls it from a thread of its own."""
        if config.auth != "msk_iam" or config.log_distribution_role_arn is None:
            return None
        credentials = self._services.role_chain.customer(
            config.tenant_id, config.log_distribution_role_arn, config.external_id, config.allowed_regions
        )
        region = config.target_region or ""
        return lambda: (connection_token(credentials, region), scheduling.now() + TOKEN_SECONDS)


@dataclass(frozen=True, slots=True)
class Connection:
    """A producer that this delivery has for itself until it is released."""

    producer: KafkaProducer
    release: Callable[[], None]


class RecordSender:
    """Sends the requests of one delivery, through one producer, or after a failure through a new one."""

    def __init__(self, delivery: Delivery, connect: Callable[[], Connection]) -> None:
        self._config = cast("KafkaConfig", delivery.config)
        self._delivery = delivery
        self._connect = connect
        self._connection: Connection | None = connect()
        key = delivery.object.key
        self._topic = self._config.topic_of(key)
        self._key = f"{key.cluster_id}/{key.application}/{key.pod_name}".encode("utf-8", "replace")
        self._origin = (
            ("logrouter-tenant", key.tenant_id.encode()),
            ("logrouter-cluster", key.cluster_id.encode("utf-8", "replace")),
        )
        self._documents = EventDocuments(key) if self._config.format == "json" else None

    def send(self, request: EventRequest) -> Verdicts:
        """Send the request's records; return when there is a report of each.

        What isn't acknowledged is sent again with all that follows it: some of that may be there already, and comes
        after it once more, so that a reader who knows the ids has everything in order.
        """
        producer = self._usable()
        reports = producer.send(self._topic, self._key, list(self._records(request)), self._delivery.budget)
        failed = [position for position, code in enumerate(reports) if code != DELIVERED]
        if not failed:
            return DELIVERED_ALL
        unknown = [position for position in failed if reports[position] not in TOO_LARGE | REFUSED]
        error = producer.failure(reports[(unknown or failed)[0]])
        if not isinstance(error, RetryableError):
            raise error
        return Verdicts(range(failed[0], len(reports)) if unknown else failed, (), error)

    def close(self) -> None:
        """Return the producer to the pool; its queue is empty."""
        if self._connection is not None:
            self._connection.release()
            self._connection = None

    def _usable(self) -> KafkaProducer:
        if self._connection is None or not self._connection.producer.usable:
            self.close()
            self._connection = self._connect()
        return self._connection.producer

    def _records(self, request: EventRequest) -> Iterator[KafkaRecord]:
        batch, documents = request.batch, self._documents
        for timestamp, literal, id_ in zip(batch.timestamps, batch.literals, request.ids, strict=True):
            value = _message(literal) if documents is None else documents.write(timestamp, literal)
            yield KafkaRecord(value, timestamp, [("logrouter-id", id_.hex()), *self._origin])


def _message(literal: bytes) -> bytes:
    """Return the message of a JSON string literal, in UTF-8."""
    return _decode(literal).encode() if b"\\" in literal else literal[1:-1]
