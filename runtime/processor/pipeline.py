"""The one pipeline of all hosts: a queue message in, whether it may be settled out (contract §5).

Message -> objects -> the tenant's delivery configs -> filter -> all deliveries at once -> settlement.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from runtime import scheduling
from runtime.deliveries.method import Delivery, Progress
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository, InvalidItem, TenantConfigs
from runtime.errors import BlockedByCustomerError, ConfigGoneError, Hop, classify
from runtime.logs import correlated, without_message
from runtime.messages.dead_letters import DeadLetters
from runtime.messages.delivery_message import DeliveryMessage, is_delivery_message
from runtime.messages.envelopes import UnreadableMessageError, read_document
from runtime.messages.hand_over import HandOver
from runtime.messages.notifications import CreatedObject, read_notification, write_notification
from runtime.messages.queue_message import QueueMessage
from runtime.objects.key import MalformedKeyError
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempt_result import AttemptResult
from runtime.processor.attempts import Attempts
from runtime.processor.deduplication import DeduplicationCache
from runtime.processor.delivery_record import NOTIFIED, Outcome, Records, Skipped, named
from runtime.processor.settlement import Settlement
from runtime.time_budget import TimeBudget

EARLY_SECONDS = 1.0  # a message that is due within that is not hidden again for it
logger = logging.getLogger("logrouter.pipeline")


class Processor:
    """Processes queue messages. Shared by all threads of a host. ``clock``: epoch seconds."""

    def __init__(
        self,
        central_bucket: str,
        repository: DeliveryConfigRepository,
        attempts: Attempts,
        settlement: Settlement,
        *,
        dead_letters: DeadLetters,
        records: Records,
        hand_over: HandOver | None,
        memory: DeduplicationCache | None = None,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._central_bucket = central_bucket
        self._repository = repository
        self._attempts = attempts
        self._settlement = settlement
        self._dead_letters = dead_letters
        self._records = records
        self._hand_over = hand_over
        self._memory = memory or DeduplicationCache()
        self._clock = clock
        self._unread: str | None = None  # the tenant whose configs could not be read last

    def process(self, message: QueueMessage, budget: TimeBudget) -> bool:
        """Do what a message asks for. True: settle it. False: leave it in its queue. Never raises."""
        with correlated(message.message_id):
            if not budget.allows(0.0):  # begun now, it would still be at work when the host ends
                logger.warning("the time budget is spent: a message is returned without having been begun")
                self._records.returned("budget-spent")
                return False
            try:
                return self._process(message, budget)
            except Exception as error:  # noqa: BLE001 - the message comes back, at last into the dead-letter queue
                logger.error(  # noqa: TRY400 - the exception's message might quote content
                    "a message failed in an unforeseen way: it is returned", extra=without_message(error)
                )
                self._records.returned("unforeseen")
                return False

    def _process(self, message: QueueMessage, budget: TimeBudget) -> bool:
        again = False
        try:
            document = read_document(message.body)
            again = is_delivery_message(document)
            if again:
                return self._deliver_again(message, DeliveryMessage.read(document), budget)
            return self._deliver_objects(document, budget)
        except UnreadableMessageError as error:
            return self._refuse(message.body, error, delivery=again)

    def _refuse(self, body: str, error: UnreadableMessageError, *, delivery: bool = False) -> bool:
        self._records.skipped(Skipped.MESSAGES, error.reason, detail=error.detail)
        return self._dead_letters.unreadable(body, error.reason, error.detail, delivery=delivery)

    def _deliver_objects(self, document: Mapping[str, Any], budget: TimeBudget) -> bool:
        notification = read_notification(document)
        if notification.ignored:
            self._records.skipped(
                Skipped.EVENTS, "not-created", count=len(notification.ignored), events=notification.ignored[:10]
            )
        settled = [self._deliver_object(created, budget) for created in notification.created]
        settled += [
            self._refuse(json.dumps({"Records": [unreadable.record]}), unreadable.error)
            for unreadable in notification.unreadable
        ]
        return all(settled)

    def _deliver_object(self, created: CreatedObject, budget: TimeBudget) -> bool:
        try:
            key = created.object_key()
        except MalformedKeyError as error:
            self._records.skipped(Skipped.OBJECTS, error.reason, object=created.key, bucket=created.bucket)
            return True
        object_ = StoredObject(created.bucket, key, created.etag, created.version_id, created.size)
        with correlated(key.key):  # the id of all that is logged about an object, now and when it is tried again
            foreign = self._foreign(object_)
            if foreign:
                return self._refuse(json.dumps(write_notification(object_)), foreign)
            tenant = self._tenant(key.tenant_id)
            if tenant is None:
                return False
            if not tenant.known:
                self._pass_over(Skipped.OBJECTS, "unknown-tenant", object_)
                return True
            for item in tenant.invalid:
                self._records.skipped(
                    Skipped.CONFIGS, item.reason, tenant_id=key.tenant_id, type=item.type, fields=item.fields
                )
            wanted = [config for config in tenant.configs if _wants(config, object_) is None]
            waiting = [item for item in tenant.invalid if item.may_want(key.application, key.cluster_id)]
            if not wanted and not waiting:
                self._pass_over(Skipped.UNWANTED, "no-config-wants-it", object_)
            delivered = self._deliver_first([Delivery(object_, config, budget) for config in wanted], created)
            notified = not wanted  # the one record by which this notification's object is counted
            ended = [AttemptResult(object_, item.type, Progress(), _why_not(item)) for item in waiting]
            if not delivered or not ended:  # with a message that comes back they would be handed over once more
                return delivered
            return self._settlement.settle(ended, notified=notified)

    def _pass_over(self, what: Skipped, reason: str, object_: StoredObject) -> None:
        key = object_.key
        self._records.skipped(what, reason, **named(object_), tenant_id=key.tenant_id, **NOTIFIED)

    def _deliver_first(self, deliveries: list[Delivery], created: CreatedObject) -> bool:
        """Deliver what this very notification hasn't been delivered for yet, as far as the process remembers.

        Without a sequencer two notifications can't be told from one that came twice: then nothing is remembered.
        """
        whole = created.version_id and created.etag and created.size is not None
        # Versions of one content are one object: an agent's second try after an answer that was lost.
        object_ = replace(created, version_id=None, sequencer=None) if whole else created

        def identity(delivery: Delivery) -> tuple[CreatedObject, str]:
            return object_, delivery.config.type

        known = [one for one in deliveries if created.sequencer and identity(one) in self._memory]
        if known:
            self._records.skipped(
                Skipped.DUPLICATES, "delivered-twice-by-the-queue", count=len(known), object=created.key
            )
        new = [one for one in deliveries if one not in known]
        outcomes = self._deliver(new)
        for delivery, outcome in zip(new, outcomes, strict=True):
            if created.sequencer and outcome is not Outcome.RETURNED:
                self._memory.add(identity(delivery))
        return Outcome.RETURNED not in outcomes

    def _deliver_again(self, message: QueueMessage, wanted: DeliveryMessage, budget: TimeBudget) -> bool:
        object_ = wanted.stored_object()
        with correlated(object_.key.key):
            foreign = self._foreign(object_)
            if foreign:
                raise foreign
            if self._hide_if_early(message, wanted):
                return False
            if message.body in self._memory:
                self._records.skipped(
                    Skipped.DUPLICATES, "delivered-twice-by-the-queue", object=wanted.key, type=wanted.type
                )
                return True
            settled = self._attempt_again(object_, wanted, budget)
            if settled:
                self._memory.add(message.body)
            return settled

    def _attempt_again(self, object_: StoredObject, wanted: DeliveryMessage, budget: TimeBudget) -> bool:
        tenant = self._tenant(wanted.tenant_id)
        if tenant is not None and _is_gone(tenant.of_type(wanted.type)):
            tenant = self._tenant(wanted.tenant_id, refresh=True)
        if tenant is None:
            return False
        config = tenant.of_type(wanted.type)
        if config is None or isinstance(config, InvalidItem) or not config.enabled:
            progress = _acknowledged(wanted)
            return self._settlement.settle([AttemptResult(object_, wanted.type, progress, _why_not(config), wanted)])
        filtered = config.filtered_by(object_.key.application, object_.key.cluster_id)
        if filtered:
            self._settlement.close(object_, wanted, filtered)
            return True
        progress = self._progress(wanted, config)
        return Outcome.RETURNED not in self._deliver([Delivery(object_, config, budget, progress)], wanted)

    def _deliver(self, deliveries: list[Delivery], previous: DeliveryMessage | None = None) -> list[Outcome]:
        for delivery in deliveries:
            delivery.progress.destination = delivery.config.destination_digest
        return self._settlement.outcomes(self._attempts.run(deliveries, previous))

    def is_ready(self) -> bool:
        """Return whether deliveries can be begun: false while the table that couldn't be read last still can't be."""
        return self._unread is None or self._tenant(self._unread) is not None

    def _tenant(self, tenant_id: str, *, refresh: bool = False) -> TenantConfigs | None:
        """Return the tenant's configs, or ``None`` where the table can't be read: never "unknown tenant" for that."""
        try:
            found = self._repository.fetch_tenant(tenant_id, refresh=refresh)
        except Exception as error:  # noqa: BLE001 - whatever it is: the message comes back
            self._unread = tenant_id
            logger.warning("the delivery configs can't be read", extra=without_message(error))
            self._records.returned(classify(error, hop=Hop.EXECUTION).reason, tenant_id=tenant_id)
            return None
        self._unread = None
        return found

    def _foreign(self, object_: StoredObject) -> UnreadableMessageError | None:
        if object_.bucket == self._central_bucket:
            return None
        return UnreadableMessageError("foreign-bucket", "it names another bucket than the central one")

    def _hide_if_early(self, message: QueueMessage, wanted: DeliveryMessage) -> bool:
        early = wanted.not_before - self._clock()
        if early <= EARLY_SECONDS or self._hand_over is None or message.receipt_handle is None:
            return False
        try:
            self._hand_over.hide(message.receipt_handle, early)
        except Exception as error:  # noqa: BLE001 - then it comes back after the queue's own visibility timeout
            logger.warning("a message that came early can't be hidden", extra=without_message(error))
        return True

    def _progress(self, wanted: DeliveryMessage, config: DeliveryConfig) -> Progress:
        """Return what is acknowledged already: nothing where it was by another destination, or in another plan."""
        progress = _acknowledged(wanted)
        discarded = _why_to_start_over(wanted, config)
        if discarded:
            progress.start_over(discarded)
            self._records.skipped(
                Skipped.CHECKPOINTS,
                discarded,
                tenant_id=wanted.tenant_id,
                type=wanted.type,
                object=wanted.key,
                plan_version=wanted.plan_version,
                checkpoint=wanted.checkpoint,
            )
        return progress


def _acknowledged(wanted: DeliveryMessage) -> Progress:
    return Progress(
        checkpoint=wanted.checkpoint,
        ahead=frozenset(wanted.ahead),
        unkept=wanted.unkept,
        destination=wanted.destination,
    )


def _why_to_start_over(wanted: DeliveryMessage, config: DeliveryConfig) -> str:
    """Say why a checkpoint doesn't hold; empty if it does. A message of a version without digests is believed."""
    if not (wanted.checkpoint or wanted.ahead or wanted.unkept):
        return ""
    if wanted.plan_version != PLAN_VERSION:
        return "unknown-plan-version"
    return "destination-changed" if wanted.destination not in ("", config.destination_digest) else ""


def _wants(config: DeliveryConfig, object_: StoredObject) -> str | None:
    """Say why a config doesn't want an object, or ``None``: it does."""
    if not config.enabled:
        return "config-disabled"
    return config.filtered_by(object_.key.application, object_.key.cluster_id)


def _is_gone(config: DeliveryConfig | InvalidItem | None) -> bool:
    return config is None or (isinstance(config, DeliveryConfig) and not config.enabled)


def _why_not(config: DeliveryConfig | InvalidItem | None) -> BlockedByCustomerError:
    """Say what keeps a waiting delivery from being tried: it isn't given up, the config may be mended or come back."""
    if isinstance(config, InvalidItem):
        return BlockedByCustomerError(config.reason, f"correct {', '.join(config.fields)}: {config.problem}")
    state = "deleted" if config is None else "disabled"
    return ConfigGoneError(f"config-{state}", f"the delivery config was {state} while the delivery waited")
