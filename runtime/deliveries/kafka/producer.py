"""One producer, used by one delivery at a time: what it is asked, what it sends, and what became of each record."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from runtime.deliveries.kafka.client_settings import MESSAGE_TIMEOUT_SECONDS, Settings
from runtime.deliveries.kafka.error_mapping import (
    TOO_LARGE,
    Cause,
    classify_causes,
    classify_code,
    definite,
    refused_settings,
)
from runtime.errors import DeliveryError
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message
    from confluent_kafka import Producer as Client

ASK_SECONDS: Final = 15.0
"""A first connection takes a handshake or three; a cluster that doesn't answer the question by then is slow or gone."""
_SLICE_SECONDS: Final = 0.5  # of a question's wait: after each the causes are read, so that a refusal isn't waited for
_PURGED_SECONDS: Final = 5.0  # purging is local work: it has taken milliseconds
_MAX_CAUSES: Final = 32
_NO_REPORT: Final = "_TIMED_OUT"
DELIVERED: Final = ""

Token = Callable[[], tuple[str, float]]
"""Returns an OAuth bearer token and when it expires (epoch s)."""


class KafkaRecord(NamedTuple):
    """What one event becomes. ``timestamp``: epoch ms."""

    value: bytes
    timestamp: int
    headers: list[tuple[str, str | bytes | None]]


class BrokerAddress(NamedTuple):
    """Where the cluster says that one of its brokers is."""

    host: str
    port: int


class KafkaLibrary(NamedTuple):
    """What is needed of the client library: the class ``Producer``, and the class of the exceptions that it raises."""

    client: "Callable[[dict[str, Any]], Client]"
    failure: type[Exception]


class KafkaProducer:
    """A client of librdkafka: some threads, connections and a queue, which is empty whenever a method has returned.

    :param cluster: the first bootstrap server, for people. :param token: for OAUTHBEARER.
    :param library: ``None``: confluent-kafka.
    :raises BlockedByCustomerError: the client takes no such settings: the config's ``ca``, its secret or its role.
    """

    def __init__(
        self, settings: Settings, cluster: str, token: Token | None = None, library: KafkaLibrary | None = None
    ) -> None:
        library = library or _confluent()
        self._failure = library.failure
        self._cluster = cluster
        self._causes: list[Cause] = []
        self.usable = True
        """Not after a record without a good report, and not after a fatal error: then it is thrown away."""
        self.token = token
        """What signs in from now on: each delivery brings its own, as sessions expire. The client calls it itself."""
        more = {} if token is None else {"oauth_cb": self._signed_in}
        try:
            self._client = library.client({**settings, **more, "error_cb": self._note})
        except library.failure as error:  # its text may quote a setting
            raise refused_settings(_cause(error.args[0]), cluster) from None

    def ask(self, topic: str, budget: TimeBudget) -> list[BrokerAddress]:
        """Return the addresses that the cluster advertises, when it has the topic and lets us know of it.

        :raises DeliveryError: it hasn't, it refuses, or it doesn't answer in time.
        """
        self._causes.clear()
        self.usable = False  # until it has answered
        within = budget.at_most(ASK_SECONDS)
        while True:
            try:
                found = self._client.list_topics(topic, max(0.01, min(_SLICE_SECONDS, within.remaining())))
                break
            except self._failure as error:
                failure = self._after(error, waits=within.allows(0.0))
                if failure is not None:
                    raise failure from error
        self.usable = True
        refusal = found.topics[topic].error
        if refusal is not None:
            raise classify_code(refusal.name(), self._cluster)
        return [BrokerAddress(broker.host, broker.port) for broker in found.brokers.values()]

    def send(self, topic: str, key: bytes, records: Sequence[KafkaRecord], budget: TimeBudget) -> list[str]:
        """Return for each record the code of its report, ``DELIVERED`` where the cluster has it for good."""
        self._causes.clear()
        self.usable = False  # until every report is in
        reports = [_NO_REPORT] * len(records)

        def report(position: int, error: "KafkaError | None", _: "Message") -> None:
            reports[position] = DELIVERED if error is None else error.name()

        try:
            for position, record in enumerate(records):
                try:
                    self._client.produce(
                        topic,
                        record.value,
                        key,
                        on_delivery=partial(report, position),
                        timestamp=record.timestamp,
                        headers=record.headers,
                    )
                except self._failure as error:
                    reports[position] = _of_its_own(error)
            self._client.flush(min(MESSAGE_TIMEOUT_SECONDS, budget.remaining()))
        except self._failure as error:  # a fatal one: no record is sent any more
            self._causes.append(_cause(error.args[0]))
        finally:
            self._empty()
        self.usable = all(code == DELIVERED or code in TOO_LARGE for code in reports)
        return reports

    def failure(self, code: str) -> DeliveryError:
        """Return what a report's code means, with what else the client has said since it was asked to send."""
        return classify_causes(code, self._causes, self._cluster)

    def close(self) -> None:
        """Throw it away, with its threads and connections."""
        self.usable = False
        self._empty()
        self._client.close()

    def _signed_in(self, _: str) -> tuple[str, float]:
        return self.token() if self.token else ("", 0.0)

    def _empty(self) -> None:
        """Take back what is still queued or under way, and have its reports: nothing is sent after this."""
        if len(self._client):
            self._client.purge()
            with suppress(self._failure):  # a fatal error is raised again each time
                self._client.flush(_PURGED_SECONDS)

    def _note(self, error: "KafkaError") -> None:
        if len(self._causes) < _MAX_CAUSES:
            self._causes.append(_cause(error))

    def _after(self, error: Exception, *, waits: bool) -> DeliveryError | None:
        """Return what a question without an answer means; ``None``: it may be asked again."""
        code = _cause(error.args[0])
        try:
            self._client.poll(0)  # the error callback is called
        except self._failure as fatal:
            self._causes.append(_cause(fatal.args[0]))
        found = definite([code, *self._causes], self._cluster)
        return found if found is not None or waits else classify_causes(code.code, self._causes, self._cluster)


def _confluent() -> KafkaLibrary:
    from confluent_kafka import KafkaException, Producer  # noqa: PLC0415 - only where Kafka deliveries are made

    return KafkaLibrary(Producer, KafkaException)


def _cause(error: "KafkaError") -> Cause:
    return Cause(error.name(), error.str())


def _of_its_own(error: Exception) -> str:
    """Return the code of a record that the client itself doesn't take.

    Raises the error where it isn't about the record: a fatal one.
    """
    code = _cause(error.args[0]).code
    if code not in TOO_LARGE:
        raise error
    return code
