"""A topic inside the process, behind the interface of confluent-kafka's producer."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from runtime.conformance.stand_in import StandIn, StandInClients, TakenEvent
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.deliveries.kafka.delivery import KafkaDelivery
from runtime.deliveries.kafka.producer import KafkaLibrary, KafkaProducer
from runtime.deliveries.method import DeliveryMethod, DeliveryServices

if TYPE_CHECKING:
    from runtime.deliveries.kafka.client_settings import Settings
    from runtime.deliveries.kafka.producer import Token

_PASSWORD = "a-password-of-the-customers"  # noqa: S105 - of nobody
type Report = Callable[[object, None], None]
"""What is called with a record's error, or with ``None``."""


class KafkaStandIn(StandIn):
    """One partition, in which a record lies after those that came before it."""

    method = KafkaDelivery
    secrets: ClassVar[tuple[str, ...]] = (*StandIn.secrets, _PASSWORD)

    def __init__(self) -> None:
        super().__init__()
        self.records: list[TakenEvent] = []
        self.producers: list[_Producer] = []

    def config(self, number: int) -> KafkaConfig:
        """Return a config for one topic of many."""
        return KafkaConfig(
            tenant_id="acme-corp",
            type=f"kafka:n{number}",
            bootstrap_servers=("127.0.0.1:9096",),
            topic=f"logs-{number}",
            auth="scram",
            credentials=("logrouter/acme-corp/password",),
        )

    def taken(self) -> list[TakenEvent]:
        """Return the records."""
        return self.records

    def left_in_client(self) -> int:
        """Return how many records producers still hold."""
        return sum(map(len, self.producers))

    def make(self) -> DeliveryMethod:
        """Construct the method with this in the place of the client library."""

        def make_producer(settings: "Settings", cluster: str, token: "Token | None") -> KafkaProducer:
            return KafkaProducer(settings, cluster, token, KafkaLibrary(self._client, _LibraryError))

        return cast("DeliveryMethod", KafkaDelivery(self.services(), make_producer=make_producer))

    def services(self) -> DeliveryServices:
        """Return services of a host that may connect to its own machine."""
        given = super().services()
        settings = given.settings.model_copy(update={"allow_loopback": True})
        return DeliveryServices(given.clients, given.role_chain, settings)

    def clients(self) -> "_Clients":
        """Return clients that know Secrets Manager."""
        return _Clients(self)

    def _client(self, settings: dict[str, Any]) -> Any:
        del settings
        self.producers.append(_Producer(self))
        return self.producers[-1]


class _LibraryError(Exception):
    """What the client library raises for itself: never, here."""


class _Clients(StandInClients):
    def call(self, service: str, action: str, request: Mapping[str, object]) -> dict[str, str]:  # noqa: ARG002 - as the real ones
        """Return the secret: a read of our own, which no fault of the destination touches."""
        return {"SecretString": f"user:{_PASSWORD}"}


class _Error:
    """A report's error. :param code: librdkafka's name."""

    def __init__(self, code: str) -> None:
        self._code = code

    def name(self) -> str:
        """Return the code."""
        return self._code


class _Producer:
    """Sends what is queued when it is flushed; a call that fails leaves it in the queue."""

    def __init__(self, stand_in: KafkaStandIn) -> None:
        self._stand_in = stand_in
        self._queue: list[tuple[TakenEvent, Report]] = []

    def __len__(self) -> int:
        return len(self._queue)

    def list_topics(self, topic: str, timeout: float) -> SimpleNamespace:
        """Return a cluster of one broker, which has the topic."""
        del timeout
        self._stand_in.reached()
        broker = SimpleNamespace(host="127.0.0.1", port=9096)
        return SimpleNamespace(topics={topic: SimpleNamespace(error=None)}, brokers={1: broker})

    def produce(self, topic: str, value: bytes, key: bytes, **more: Any) -> None:
        """Queue a record."""
        del topic, key
        headers: dict[str, str] = dict(more["headers"])
        event = TakenEvent(value.decode(), bytes.fromhex(headers["logrouter-id"]))
        self._queue.append((event, more["on_delivery"]))

    def flush(self, timeout: float) -> int:
        """Send what is queued, and report each record."""
        del timeout
        if self._queue:
            self._stand_in.reached()
        while self._queue:
            event, report = self._queue.pop(0)
            self._stand_in.records.append(event)
            report(None, None)
        return 0

    def poll(self, timeout: float) -> int:
        """Nothing is called back outside ``flush``."""
        del timeout
        return 0

    def purge(self) -> None:
        """Take back what is queued, and report it so."""
        while self._queue:
            _, report = self._queue.pop(0)
            report(_Error("_PURGE_QUEUE"), None)

    def close(self) -> None:
        """Nothing is open."""
