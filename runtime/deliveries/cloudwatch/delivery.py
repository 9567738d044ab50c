"""A CloudWatch delivery, the same for both engines: role hops, batches, retries, set-aside events, the checkpoint."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import ClassVar, Protocol, cast

from runtime import scheduling
from runtime.aws.credentials import Credentials
from runtime.backoff import Retry
from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.cloudwatch.destination import LogDestination, log_stream_name
from runtime.deliveries.cloudwatch.engine import BatchSender, Engine, Rejection
from runtime.deliveries.cloudwatch.filtering import filter_events
from runtime.deliveries.cloudwatch.in_flight import CallsInFlight
from runtime.deliveries.cloudwatch.native.engine import NativeEngine
from runtime.deliveries.cloudwatch.sent_batch import SentBatch, events, of_earlier, of_filtered, refused_ranges
from runtime.deliveries.method import BatchSource, Delivery, DeliveryProgress, DeliveryServices, Unkept
from runtime.deliveries.sessions import Sessions
from runtime.deliveries.set_aside import SetAside, SetAsideEvent
from runtime.errors import EXPIRED, RetryableError
from runtime.objects.batches import Batch

SECONDS_FOR_A_BATCH = 2.0  # a call usually takes well under one; a batch isn't begun when less is left
BEYOND_PLAN = "checkpoint-beyond-plan"
MAX_CALLS = 10  # in flight beside each delivery's first, of all deliveries; each holds some 2 MiB


class _Renewing(Protocol):
    def __call__[Result](self, call: Callable[[], Result]) -> Callable[[], Result]: ...


class KeepEvents(Protocol):
    """Where events go that the destination can't take (``SetAside``)."""

    def write(self, delivery: Delivery, batch_index: int, events: Sequence[SetAsideEvent]) -> None:
        """Keep a batch's events, or raise ``RetryableError``."""


class CloudWatchDelivery:
    """The delivery method ``cloudwatch``.

    :param services: what the processor gives each method.
    :param engine, set_aside, retry, now: replaced by tests; ``now`` in epoch seconds.
    """

    name: ClassVar[str] = "cloudwatch"
    reads_events: ClassVar[bool] = True
    config_model: ClassVar[type[CloudWatchConfig]] = CloudWatchConfig

    def __init__(
        self,
        services: DeliveryServices,
        *,
        engine: Engine | None = None,
        set_aside: KeepEvents | None = None,
        retry: Retry | None = None,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        self._role_chain = services.role_chain
        self._engine = engine or _engine(services)
        self._set_aside = set_aside or SetAside(services.clients, services.settings.central_bucket)
        self._retry = retry or Retry()
        self._now = now
        self._places = scheduling.semaphore(MAX_CALLS)
        self._noting = scheduling.lock()  # several threads of one delivery may have something to note

    def deliver(self, delivery: Delivery, source: BatchSource | None) -> None:
        """Send the object's batches, from the checkpoint on; several calls are in flight where the engine can.

        ``delivery.progress`` is exact whenever this returns or raises.

        :raises OutOfTimeError: the budget is spent; what is acknowledged stays acknowledged.
        :raises runtime.errors.DeliveryError: as soon as one batch can't be sent.
        """
        if source is None:
            raise TypeError("a CloudWatch delivery needs the object's batches")
        session = _Session(self._role_chain, cast("CloudWatchConfig", delivery.config))

        def open_sender() -> BatchSender:
            session.credentials()  # before the object is read: a role that refuses shall not cost a download
            return self._engine.open(_destination(delivery), session.credentials, delivery.budget)

        def send(batch: Batch) -> SentBatch:
            return self._send(delivery, session.renewing, sender, batch, calls.check)

        with (
            closing(self._retry.run(session.renewing(open_sender), delivery.budget)) as sender,
            CallsInFlight(
                send,
                lambda sent: sent.acknowledge(delivery.progress),
                limit=self._engine.calls_in_flight,
                places=self._places,
            ) as calls,
        ):
            acknowledged = delivery.progress.ahead
            try:
                for batch in _from_checkpoint(delivery.progress, source):
                    if batch.index not in acknowledged:
                        calls.add(batch)
            finally:  # the first batch finds out whether the group is there, and is waited for
                delivery.progress.created_log_group = getattr(sender, "created_log_group", False)

    def _send(
        self,
        delivery: Delivery,
        renewing: "_Renewing",
        sender: BatchSender,
        batch: Batch,
        check: Callable[[Batch], None],
    ) -> SentBatch:
        """Send one batch and set aside what can't be sent; several of these run concurrently.

        What is known to be refused is set aside first: where that fails, nothing was sent. What the service refuses is
        set aside afterwards: where that fails, ``progress.unkept`` says so, and the next attempt does only that.
        """
        earlier = delivery.progress.unkept_of(batch.index)
        if earlier:
            self._keep(delivery, batch, earlier)
            return of_earlier(batch, earlier)
        filtered = filter_events(batch, int(self._now() * 1000))
        known = refused_ranges(batch, filtered, ())
        self._keep(delivery, batch, known)
        rejected: Sequence[Rejection] = ()

        def send() -> Sequence[Rejection]:
            check(batch)
            return sender.send(filtered.sendable)

        if len(filtered.sendable):
            rejected = self._retry.run(renewing(send), delivery.budget, needed=SECONDS_FOR_A_BATCH)
        refused = refused_ranges(batch, filtered, rejected) if rejected else known
        if rejected:
            try:
                self._keep(delivery, batch, refused)  # also if it is late: what was sent would be sent again
            except BaseException:
                with self._noting:
                    delivery.progress.note_unkept(refused)
                raise
        return of_filtered(filtered, rejected, Counter(event.reason for event in events(batch, refused)))

    def _keep(self, delivery: Delivery, batch: Batch, refused: Sequence[Unkept]) -> None:
        kept = list(events(batch, refused))
        if kept:
            self._retry.run(lambda: self._set_aside.write(delivery, batch.index, kept), delivery.budget)


def _from_checkpoint(progress: DeliveryProgress, source: BatchSource) -> Iterator[Batch]:
    """Yield the batches from the checkpoint on.

    :raises RetryableError: the object hasn't as many; the next attempt begins at its first.
    """
    if not progress.checkpoint:
        yield from source.batches(0)
        return
    last = progress.checkpoint - 1  # the last acknowledged one: only an object that has it can have had it sent
    batches = iter(source.batches(last))
    if next(batches, None) is None:
        progress.start_over(BEYOND_PLAN)
        raise RetryableError(BEYOND_PLAN, f"the object has no batch {last}: it is sent from its beginning")
    yield from batches


class _Session:
    """The customer role's credentials for one delivery, taken from the role chain's cache for every call."""

    def __init__(self, role_chain: Sessions, config: CloudWatchConfig) -> None:
        self._role_chain = role_chain
        self._config = config

    def credentials(self) -> Credentials:
        config = self._config
        return self._role_chain.customer(config.tenant_id, config.log_distribution_role_arn, config.external_id)

    def renewing[Result](self, call: Callable[[], Result]) -> Callable[[], Result]:
        """Forget the session when AWS calls it expired, so that the call's next attempt has a new one."""

        def attempt() -> Result:
            try:
                return call()
            except RetryableError as error:
                if error.reason == EXPIRED:
                    self._role_chain.invalidate(self.credentials())
                raise

        return attempt


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
