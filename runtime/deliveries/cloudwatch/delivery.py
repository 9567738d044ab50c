"""The delivery method ``cloudwatch``: role hops and an engine; what becomes of a batch is the driver's."""

from collections.abc import Callable, Sequence
from typing import ClassVar, cast

from runtime import scheduling
from runtime.aws.credentials import use_credentials
from runtime.backoff import Retry
from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.cloudwatch.destination import LogDestination, log_stream_name
from runtime.deliveries.cloudwatch.engine import BatchSender, Engine
from runtime.deliveries.cloudwatch.filtering import filter_events
from runtime.deliveries.cloudwatch.native.engine import NativeEngine, create_log_stream
from runtime.deliveries.event_method import EventMethod, KeepEvents
from runtime.deliveries.event_request import EventRequest, FilteredBatch, Sender, Verdicts
from runtime.deliveries.method import Delivery, DeliveryServices
from runtime.deliveries.probe import Step
from runtime.deliveries.sessions import CustomerSession
from runtime.delivery_config.model import DeliveryConfig
from runtime.objects.batches import Batch


class CloudWatchDelivery(EventMethod):
    """CloudWatch Logs in the customer's account.

    :param engine, set_aside, retry, now: replaced by tests; ``now`` in epoch seconds.
    """

    seam: ClassVar[int] = 2
    config_model: ClassVar[type[DeliveryConfig]] = CloudWatchConfig
    leaves_out_empty = True

    def __init__(
        self,
        services: DeliveryServices,
        *,
        engine: Engine | None = None,
        set_aside: KeepEvents | None = None,
        retry: Retry | None = None,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        super().__init__(services, set_aside=set_aside, retry=retry, now=now)
        self._role_chain = services.role_chain
        self._engine = engine or _engine(services)

    @property
    def calls_in_flight(self) -> int:
        """As many as the engine can."""
        return self._engine.calls_in_flight

    def filter(self, batch: Batch, now_ms: int) -> FilteredBatch:
        """Take out what CloudWatch refuses for its time, and what is empty."""
        return filter_events(batch, now_ms)

    def open(self, delivery: Delivery) -> Sender:
        """Take the customer's role, before the object is read: one that refuses shall not cost a download."""
        config = cast("CloudWatchConfig", delivery.config)
        session = CustomerSession(
            self._role_chain,
            config.tenant_id,
            config.log_distribution_role_arn,
            config.external_id,
            config.allowed_regions,
        )
        with session.renewed():
            session.credentials()
            engine = self._engine.open(_destination(delivery), session.credentials, delivery.budget)
        return _CloudWatchSender(delivery, session, engine)

    def probe_steps(self, delivery: Delivery) -> Sequence[Step]:
        """Create the stream of its own before the event, so that it shows which of the two is refused."""
        config, destination = cast("CloudWatchConfig", delivery.config), _destination(delivery)

        def create() -> None:
            role = config.log_distribution_role_arn
            with use_credentials(
                self._role_chain.customer(config.tenant_id, role, config.external_id, config.allowed_regions)
            ):
                create_log_stream(self._services.clients.client("logs", destination.region), destination)

        return (*super().probe_steps(delivery), ("log-stream", create))


class _CloudWatchSender:
    """One delivery's way to its log stream: the first request finds out whether the group is there."""

    def __init__(self, delivery: Delivery, session: CustomerSession, engine: BatchSender) -> None:
        self._delivery = delivery
        self._session = session
        self._engine = engine

    def send(self, request: EventRequest) -> Verdicts:
        try:
            with self._session.renewed():
                return Verdicts(refused=self._engine.send(request.batch))
        finally:
            self._delivery.progress.created_log_group = getattr(self._engine, "created_log_group", False)

    def close(self) -> None:
        self._engine.close()


def _destination(delivery: Delivery) -> LogDestination:
    config = cast("CloudWatchConfig", delivery.config)
    if config.target_region is None:
        raise TypeError("the pipeline fills in the config's target_region")
    return LogDestination(
        config.target_region, config.log_group_name, log_stream_name(delivery.object.key), config.tenant_id
    )


def _engine(services: DeliveryServices) -> Engine:
    native = NativeEngine(services.clients)
    if services.settings.cloudwatch_engine == "native":
        return native
    from runtime.deliveries.cloudwatch.vector.engine import VectorEngine  # noqa: PLC0415 - for those who chose it

    return VectorEngine.using(services.clients, binary=services.settings.vector_binary, fallback=native)
