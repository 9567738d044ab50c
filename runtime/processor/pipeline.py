"""The one pipeline of all hosts: takes a queue message, returns whether it may be settled (contract §5).

Here it is decided what a message is: its kind, whether it is ours, early, or was seen before. What is done with the
object that it names: ``object_deliveries``.
"""

import json
import logging
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

from runtime import scheduling
from runtime.bounded_map import BoundedMap
from runtime.deliveries.issued_sessions import PASS_REFUSED, IssuedSessions
from runtime.errors import DeliveryError, RetryableError
from runtime.logs import correlated, without_message
from runtime.messages.dead_letters import DeadLetters
from runtime.messages.delivery_message import DeliveryMessage, is_delivery_message
from runtime.messages.envelopes import UnreadableMessageError, read_document
from runtime.messages.hand_over import HandOver
from runtime.messages.notifications import CreatedObject, read_notification, write_notification
from runtime.messages.queue_message import QueueMessage
from runtime.objects.key import MalformedKeyError
from runtime.objects.stored_object import StoredObject
from runtime.processor.delivery_record import NOTIFIED, Records, Skipped, named
from runtime.processor.object_deliveries import ConfigsUnreadableError, ObjectDeliveries
from runtime.time_budget import TimeBudget

EARLY_SECONDS = 1.0  # a message that is due within that is not put off again for it
REMEMBERED_SECONDS = 900.0  # ours: longer than the poller hides a message at work, and than SQS's own repetitions take
REMEMBERED_MESSAGES = 20_000  # some 200 bytes each
logger = logging.getLogger("logrouter.pipeline")


class NoSessionError(RetryableError):
    """The session issuer gives no session: an outage of the provider, no attempt at the delivery."""


class DeduplicationCache:
    """Remembers what was settled: SQS may deliver a message twice, and a host may see it again at once.

    In the process, bounded in time and size: it makes duplicates rarer, nothing depends on it. Shared by all threads.
    ``clock``: seconds, monotonic.
    """

    def __init__(self, seconds: float = REMEMBERED_SECONDS, clock: Callable[[], float] = scheduling.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = scheduling.lock()
        self._settled: BoundedMap[Hashable, float] = BoundedMap(REMEMBERED_MESSAGES)

    def add(self, identity: Hashable) -> None:
        """Remember one."""
        now = self._clock()
        with self._lock:
            self._settled[identity] = now + self._seconds
            while next(iter(self._settled.values())) <= now:
                self._settled.popitem(last=False)

    def __contains__(self, identity: Hashable) -> bool:
        with self._lock:
            return self._settled.get(identity, 0.0) > self._clock()


class MessageProcessor:
    """Processes queue messages. Shared by all threads of a host.

    :param sessions: gives the tenants' sessions to the outside processor, which does nothing for a tenant without one.
    :param clock: epoch seconds.
    """

    def __init__(
        self,
        central_bucket: str,
        objects: ObjectDeliveries,
        *,
        dead_letters: DeadLetters,
        records: Records,
        hand_over: HandOver | None,
        memory: DeduplicationCache | None = None,
        sessions: IssuedSessions | None = None,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._central_bucket = central_bucket
        self._objects = objects
        self._dead_letters = dead_letters
        self._records = records
        self._hand_over = hand_over
        self._memory = memory or DeduplicationCache()
        self._sessions = sessions
        self._clock = clock

    def is_ready(self) -> bool:
        """Return whether it makes sense to receive messages: false while the delivery configs can't be read.

        The outside processor can't ask without a message of the tenant: it puts each off for itself.
        """
        return self._sessions is not None or self._objects.is_ready()

    def close(self) -> None:
        """Release what the process holds at destinations, as its host ends. Nothing is processed afterwards."""
        self._objects.close()

    def process(self, message: QueueMessage, budget: TimeBudget) -> bool:
        """Do what a message asks for. True: settle it. False: leave it in its queue. Never raises."""
        with correlated(message.message_id):
            if not budget.allows(0.0):  # begun now, it would still be at work when the host ends
                logger.warning("the time budget is spent: a message is returned unstarted")
                for about in self._about(message.body):
                    self._records.returned("budget-spent", **about)
                return False
            try:
                return self._process(message, budget)
            except Exception as error:  # noqa: BLE001 - the message comes back, at last into the dead-letter queue
                return self._unforeseen(error)

    def _process(self, message: QueueMessage, budget: TimeBudget) -> bool:
        again = False
        try:
            document = read_document(message.body)
            again = is_delivery_message(document)
            if again:
                return self._deliver_again(message, DeliveryMessage.read(document), budget)
            return self._deliver_objects(document, budget)
        except UnreadableMessageError as error:
            return self._refuse(message.body, error, delivery=again or self._sessions is not None)

    def _deliver_objects(self, document: Mapping[str, Any], budget: TimeBudget) -> bool:
        if self._sessions is not None:
            raise UnreadableMessageError("no-delivery-message", "the outside processor takes nothing else")
        notification = read_notification(document)
        if notification.ignored:
            self._records.skipped(
                Skipped.EVENTS, "not-created", count=len(notification.ignored), events=notification.ignored[:10]
            )
        settled = [self._deliver_object(created, notification.put_offs, budget) for created in notification.created]
        settled += [
            self._refuse(json.dumps({"Records": [unreadable.record]}), unreadable.error)
            for unreadable in notification.unreadable
        ]
        return all(settled)

    def _deliver_object(self, created: CreatedObject, put_offs: int, budget: TimeBudget) -> bool:
        try:
            key = created.object_key()
        except MalformedKeyError as error:
            self._records.skipped(Skipped.OBJECTS, error.reason, object=created.key, bucket=created.bucket)
            return True
        object_ = StoredObject(created.bucket, key, created.etag, created.version_id, created.size)
        # The one record by which a notification's object is counted; of one that was put off there is one already.
        marks = NOTIFIED if not put_offs else {}
        about = {**named(object_), "tenant_id": key.tenant_id, **marks}
        with correlated(key.key):  # the id of all that is logged about an object, now and when it is tried again
            foreign = self._foreign(object_)
            if foreign:
                return self._refuse(json.dumps(write_notification(object_)), foreign)
            try:
                return self._objects.first(object_, budget, _Seen(self._memory, created), notified=bool(marks))
            except ConfigsUnreadableError as error:
                self._records.returned(error.reason, **about)
                return self._put_off(error, lambda to: to.put_off_object(object_, created.sequencer, put_offs + 1))
            except Exception as error:  # noqa: BLE001 - the message comes back, at last into the dead-letter queue
                return self._unforeseen(error, **about)

    def _deliver_again(self, message: QueueMessage, wanted: DeliveryMessage, budget: TimeBudget) -> bool:
        object_ = wanted.stored_object()
        with correlated(object_.key.key):
            foreign = self._foreign(object_)
            if foreign:
                raise foreign
            early = wanted.not_before - self._clock() > EARLY_SECONDS and message.receipt_handle is not None
            if early and self._hand_over is not None:
                return self._put_off(None, lambda to: to.send_again(wanted))
            if message.body in self._memory:
                self._records.skipped(
                    Skipped.DUPLICATES, "delivered-twice-by-the-queue", object=wanted.key, type=wanted.type
                )
                return True
            try:
                with self._acting_for(wanted):
                    settled = self._objects.again(object_, wanted, budget)
            except (ConfigsUnreadableError, NoSessionError) as error:
                self._records.returned(error.reason, tenant_id=wanted.tenant_id, object=wanted.key, type=wanted.type)
                return self._put_off(error, lambda to: to.put_off(wanted))
            if settled:
                self._memory.add(message.body)
            return settled

    @contextmanager
    def _acting_for(self, wanted: DeliveryMessage) -> Iterator[None]:
        """Sign what is done for the message as its tenant, at the outside.

        :raises UnreadableMessageError: the message isn't one that we made. :raises NoSessionError: for the time being.
        """
        with ExitStack() as stack:
            try:
                if self._sessions is not None:
                    stack.enter_context(self._sessions.acting_for(wanted.as_pass()))
            except DeliveryError as error:
                if error.reason == PASS_REFUSED:
                    raise UnreadableMessageError(error.reason, "no session is issued for the message") from error
                raise NoSessionError(error.reason, error.detail) from error
            yield

    def _about(self, body: str) -> list[dict[str, object]]:
        """Return how the records of a message name its objects: the reconciler leaves them alone."""
        found: list[dict[str, object]] = []
        with suppress(UnreadableMessageError, MalformedKeyError):
            document = read_document(body)
            if is_delivery_message(document):
                wanted = DeliveryMessage.read(document)
                return [{"tenant_id": wanted.tenant_id, "object": wanted.key, "type": wanted.type}]
            notification = read_notification(document)
            for one in notification.created:
                object_ = StoredObject(one.bucket, one.object_key(), one.etag, one.version_id, one.size)
                if not self._foreign(object_):
                    marks = {} if notification.put_offs else NOTIFIED
                    found.append({**named(object_), "tenant_id": object_.key.tenant_id, **marks})
        return found or [{}]

    def _put_off(self, error: DeliveryError | None, send: Callable[[HandOver], object]) -> bool:
        """Let a message come later, as a new one: not an attempt, nor a receive of it; return whether it is sent."""
        if error is not None:
            extra = {"reason": error.reason, "error": error.detail}
            logger.warning("its tenant's delivery configs can't be read: a message is put off", extra=extra)
        if self._hand_over is None:
            return False
        try:
            send(self._hand_over)
        except Exception as failure:  # noqa: BLE001 - then it comes back after the queue's own visibility timeout
            logger.warning("a message can't be put off: it is returned", extra=without_message(failure))
            return False
        return True

    def _refuse(self, body: str, error: UnreadableMessageError, *, delivery: bool = False) -> bool:
        self._records.skipped(Skipped.MESSAGES, error.reason, detail=error.detail)
        return self._dead_letters.unreadable(body, error.reason, error.detail, delivery=delivery)

    def _unforeseen(self, error: Exception, **about: object) -> bool:
        logger.error("a message failed unexpectedly: it is returned", extra=without_message(error))
        self._records.returned("unforeseen", **about)
        return False

    def _foreign(self, object_: StoredObject) -> UnreadableMessageError | None:
        if object_.bucket == self._central_bucket:
            return None
        return UnreadableMessageError("foreign-bucket", "it doesn't name the central bucket")


class _Seen:
    """The types for which a notification was settled already.

    Without a sequencer two notifications look like one that came twice: then nothing is remembered.
    """

    def __init__(self, memory: DeduplicationCache, created: CreatedObject) -> None:
        self._memory = memory
        self._is_known = created.sequencer is not None
        whole = created.version_id and created.etag and created.size is not None
        # Versions of one content are one object: an agent's second try after an answer that was lost.
        self._object = replace(created, version_id=None, sequencer=None) if whole else created

    def __contains__(self, type_: str) -> bool:
        return self._is_known and (self._object, type_) in self._memory

    def add(self, type_: str) -> None:
        if self._is_known:
            self._memory.add((self._object, type_))
