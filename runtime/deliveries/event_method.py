"""The driver of every method that takes events: batches, requests, retries, set-aside events, the checkpoint.

A method is a subclass that opens a ``Sender``. Two methods differ in what they send and in how they read an answer;
what becomes of a failure, and what is known to have arrived, is decided here for all of them.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import ClassVar, Protocol

from runtime import scheduling
from runtime.backoff import Retry
from runtime.deliveries.event_request import EventRequest, FilteredBatch, Sender, Verdicts
from runtime.deliveries.in_flight import CallsInFlight
from runtime.deliveries.method import BatchSource, Delivery, DeliveryProgress, DeliveryServices, Rest, Unkept
from runtime.deliveries.probe import ProbeReport, Step, left_by, made_up_delivery, role_steps, try_steps
from runtime.deliveries.requests import BatchRequests, without_too_large
from runtime.deliveries.sent_batch import Account, SentBatch
from runtime.deliveries.set_aside import SetAside, SetAsideEvent
from runtime.delivery_config.facts import MethodFacts, Order
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import DeliveryError, FailedCall, Hop, RetryableError
from runtime.objects.batches import Batch, pieces_of
from runtime.time_budget import TimeBudget

SECONDS_FOR_A_REQUEST = 2.0  # a call usually takes well under one; a request isn't begun when less is left
BEYOND_PLAN = "checkpoint-beyond-plan"
MAX_CALLS = 10  # in flight beside each delivery's first, of all of a method's deliveries; each holds some 2 MiB
logger = logging.getLogger("logrouter.deliveries")


class KeepEvents(Protocol):
    """Where events go that the destination can't take (``SetAside``)."""

    def write(
        self, delivery: Delivery, batch_index: int, events: Sequence[SetAsideEvent], *, rest: Rest | None = None
    ) -> None:
        """Keep a batch's events, or those of its rest, or raise ``RetryableError``."""


class EventMethod(ABC):
    """A delivery method that takes events. One instance a process, shared by threads.

    A subclass states ``seam`` and ``config_model``, and implements ``open``.

    :param services: what the processor gives each method.
    :param set_aside, retry, now: replaced by tests; ``now`` in epoch seconds.
    """

    seam: ClassVar[int]
    config_model: ClassVar[type[DeliveryConfig]]
    runs_programs: ClassVar[bool] = True
    leaves_out_empty: ClassVar[bool] = False
    """Events without text aren't sent, as the destination takes none; they are counted."""

    def __init__(
        self,
        services: DeliveryServices,
        *,
        set_aside: KeepEvents | None = None,
        retry: Retry | None = None,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        self._services = services
        self._set_aside = set_aside or SetAside(services.clients, services.settings.central_bucket)
        self._retry = retry or Retry()
        self._now = now
        self._places = scheduling.semaphore(MAX_CALLS)
        self._noting = scheduling.lock()  # several threads of one delivery have something to note

    @abstractmethod
    def open(self, delivery: Delivery) -> Sender:
        """Start sending for one delivery. A destination that refuses is best found here: the object isn't read yet.

        :raises runtime.errors.DeliveryError: as in ``Sender.send``.
        """

    def filter(self, batch: Batch, now_ms: int) -> FilteredBatch:  # noqa: ARG002 - for methods with limits in time
        """Return what of a planned batch can be sent now; what is taken out is set aside before anything is sent."""
        return without_too_large(batch, self._facts().limits)

    @property
    def calls_in_flight(self) -> int:
        """How many requests of one delivery may be under way at once, each in a thread of its own."""
        return 1

    def close(self) -> None:  # noqa: B027 - most methods hold nothing
        """Release what the process holds for this method. Nothing is delivered afterwards. Idempotent."""

    def deliver(self, delivery: Delivery, source: BatchSource | None) -> None:
        """Send the object's batches, from the checkpoint on.

        ``delivery.progress`` is exact whenever this returns or raises.

        :raises OutOfTimeError: the budget is spent; what is acknowledged stays acknowledged.
        :raises runtime.errors.DeliveryError: as soon as one batch can't be sent.
        """
        if source is None:
            raise TypeError(f"a delivery by {delivery.config.method} needs the object's batches")

        def send(batch: Batch) -> SentBatch:
            return self._send(delivery, sender, batch, calls.check)

        order = self._facts().order
        with (
            closing(self._retry.run(lambda: self.open(delivery), delivery.budget)) as sender,
            CallsInFlight(
                send,
                lambda sent: self._note(delivery, sent),
                limit=self._calls_at_once(delivery),
                places=self._places,
                keeps_times=order is Order.TIME,
            ) as calls,
        ):
            acknowledged = delivery.progress.ahead
            for batch in _from_checkpoint(delivery.progress, source):
                if batch.index not in acknowledged:
                    calls.add(batch)

    def probe(self, config: DeliveryConfig, name: str = "", budget: TimeBudget | None = None) -> ProbeReport:
        """Send one made-up event; say which step failed. ``config`` has its ``target_region`` filled in."""
        delivery, batch = made_up_delivery(config, self._services.settings.central_bucket, self._now(), budget, name)
        opened: list[Sender] = []

        def send() -> None:
            found = opened[0].send(EventRequest(delivery, batch))
            if found.error is not None:
                raise found.error
            if found.retry or found.refused:
                reason = found.refused[0].reason if found.refused else "events-not-accepted"
                raise RetryableError(reason, "the destination answers and doesn't take the event")

        try:
            steps = ("open", lambda: opened.append(self.open(delivery))), ("send", send)
            return try_steps(*self.probe_steps(delivery), *steps, left=left_by(delivery))
        finally:
            for sender in opened:
                sender.close()

    def probe_steps(self, delivery: Delivery) -> Sequence[Step]:
        """Return the steps that a test delivery takes before it opens the destination: the hops to a role."""
        return role_steps(self._services.role_chain, delivery.config)

    def _facts(self) -> MethodFacts:
        return self.config_model.facts

    def _calls_at_once(self, delivery: Delivery) -> int:
        """Return how many batches may be sent at once: where order matters, and a program changes times, one."""
        order = self._facts().order
        in_order = order is Order.STREAM or (order is Order.TIME and delivery.config.transform is not None)
        return 1 if in_order else self.calls_in_flight

    def _send(self, delivery: Delivery, sender: Sender, batch: Batch, check: Callable[[Batch], None]) -> SentBatch:
        """Send one batch and set aside what can't be sent; several of these run concurrently.

        What is known to be refused is set aside first: where that fails, nothing was sent. What the service refuses is
        set aside afterwards: where that fails, ``progress.unkept`` says so, and the next attempt does only that.
        """
        account, filtered, pieces = self._applied(delivery, batch)
        earlier = delivery.progress.unkept_of(batch.index)
        if earlier:
            self._keep(delivery, account, earlier)
            return account.of_earlier(earlier)
        known = account.ranges(filtered, ())
        self._keep(delivery, account, known)

        def send_once(request: EventRequest) -> Verdicts:
            check(batch)
            return sender.send(request)

        def attempt(call: Callable[[], None]) -> None:
            self._retry.run(call, delivery.budget, needed=SECONDS_FOR_A_REQUEST)

        left, accepted = account.left(filtered), account.rest is not None and account.rest.accepted
        requests = BatchRequests(
            delivery, self._facts(), filtered.sendable, send_once, attempt, left=left, accepted=accepted, pieces=pieces
        )
        try:
            requests.run()
        except Exception:
            self._note_part(delivery, account, filtered, requests)
            raise
        rejected = requests.rejections()
        refused = account.ranges(filtered, rejected) if rejected else known
        if rejected:
            try:
                self._keep(delivery, account, refused)  # also if it is late: what was sent would be sent again
            except BaseException:
                if account.rest is None:  # another version takes what it reads there for all of the batch
                    with self._noting:
                        delivery.progress.note_unkept(refused)
                raise
        return account.of_filtered(filtered, refused, rejected).with_arrived(rejected)

    def _applied(
        self, delivery: Delivery, batch: Batch
    ) -> tuple[Account, FilteredBatch, Iterable[Sequence[int]] | None]:
        """Return what can be sent of a planned batch, after the delivery's program, if it has one."""
        rest, now_ms = delivery.progress.rest_of(batch.index), int(self._now() * 1000)
        if delivery.config.transform is None:
            return Account(batch, self.leaves_out_empty, rest), self.filter(batch, now_ms), None
        from runtime.deliveries import programs  # noqa: PLC0415 - for the deliveries that have one

        kills = self._services.killed_programs
        output = self._retry.run(lambda: programs.apply_program(delivery, batch, kills), delivery.budget)
        account = programs.ProgramAccount(batch, self.leaves_out_empty, rest, output)
        made = output.batch
        filtered = account.filtered(self.filter(made, now_ms) if len(made) else FilteredBatch(made, (), 0, ()))
        return account, filtered, pieces_of(filtered.sendable) if self._facts().limits is None else None

    def _note_part(
        self, delivery: Delivery, account: Account, filtered: FilteredBatch, requests: BatchRequests
    ) -> None:
        """Note what is settled of a batch whose requests have failed. Where that can't be kept, all is sent again."""
        rest = account.rest_after(filtered, requests.left(), accepted=requests.accepted)
        if rest is None:
            return
        rejected = requests.rejections()
        refused = account.ranges(filtered, rejected)
        try:
            self._keep(delivery, account, refused)
        except DeliveryError as error:
            logger.warning("what is refused of a batch can't be set aside", extra={"reason": error.reason})
            return
        settled = {*account.positions}.difference(rest.positions())
        self._note(delivery, account.of_positions(settled, refused, rest).with_arrived(rejected))

    def _note(self, delivery: Delivery, sent: SentBatch) -> None:
        with self._noting:
            sent.acknowledge(delivery.progress)

    def _keep(self, delivery: Delivery, account: Account, refused: Sequence[Unkept]) -> None:
        kept, rest = list(account.events(refused)), account.rest
        if kept:
            index = account.batch.index
            self._retry.run(lambda: self._set_aside.write(delivery, index, kept, rest=rest), delivery.budget)


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
        error = RetryableError(BEYOND_PLAN, f"the object has no batch {last}: it is sent from its beginning")
        error.call = FailedCall(Hop.SOURCE.name)
        raise error
    yield from batches
