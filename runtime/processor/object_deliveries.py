"""Delivers an object: reads its tenant's delivery configs, makes the deliveries that they select, settles them."""

from typing import Protocol

from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository, InvalidItem, TenantConfigs
from runtime.delivery_config.tenant_rules import held_back, passed_over
from runtime.errors import BlockedByCustomerError, ConfigGoneError, DeliveryError, Hop, RetryableError, classify
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.key import UNLABELLED
from runtime.objects.plan_version import PLAN_VERSION
from runtime.objects.stored_object import StoredObject
from runtime.processor.attempt_result import AttemptResult
from runtime.processor.attempts import Attempts
from runtime.processor.delivery_record import NOTIFIED, Outcome, Records, Skipped, named
from runtime.processor.settlement import Settlement
from runtime.time_budget import TimeBudget


class ConfigsUnreadableError(RetryableError):
    """The table of delivery configs can't be read: an outage of the provider, no answer for the object."""


class SettledTypes(Protocol):
    """The types of the delivery configs for which one notification was settled already, as far as is remembered."""

    def __contains__(self, type_: str) -> bool: ...

    def add(self, type_: str) -> None: ...  # noqa: D102 - as above


class ObjectDeliveries:
    """Delivers objects, for the first time or again. Shared by all threads of a host."""

    def __init__(
        self, repository: DeliveryConfigRepository, attempts: Attempts, settlement: Settlement, records: Records
    ) -> None:
        self._repository = repository
        self._attempts = attempts
        self._settlement = settlement
        self._records = records
        self._unread: str | None = None  # the tenant whose configs could not be read last

    def is_ready(self) -> bool:
        """Return whether deliveries can be begun: false while the table that couldn't be read last still can't be."""
        if self._unread is not None:
            try:
                self._tenant(self._unread)
            except ConfigsUnreadableError:
                return False
        return True

    def close(self) -> None:
        """Release what the delivery methods hold. Nothing is delivered afterwards."""
        self._attempts.close()

    def first(self, object_: StoredObject, budget: TimeBudget, seen: SettledTypes, *, notified: bool) -> bool:
        """Deliver a new object to every config that selects it; return whether all of it is settled.

        :param notified: a record of this is the one by which the object's notification is counted.
        :raises ConfigsUnreadableError: nothing was done.
        """
        key = object_.key
        tenant = self._tenant(key.tenant_id)
        if not tenant.known:
            unlabelled = key.tenant_id == UNLABELLED  # no config can have it; ``logrouter assign`` sends it on
            what = Skipped.UNLABELLED if unlabelled else Skipped.OBJECTS
            reason = "no-tenant-label" if unlabelled else "unknown-tenant"
            self._pass_over(what, reason, object_, notified=notified)
            return True
        for item in tenant.invalid:
            self._records.skipped(
                Skipped.CONFIGS, item.reason, tenant_id=key.tenant_id, type=item.type, fields=item.fields
            )
        not_at_all = passed_over(tenant, key.cluster_id)
        if not_at_all:
            self._pass_over(Skipped.UNWANTED, not_at_all, object_, notified=notified)
            return True
        selected = [config for config in tenant.configs if _wants(config, object_)]
        held = {config.type: why for config in selected if (why := held_back(tenant, config))}
        wanted = [config for config in selected if config.type not in held]
        waiting = [item for item in tenant.invalid if item.may_want(key.application, key.cluster_id)]
        if not selected and not waiting:
            self._pass_over(Skipped.UNWANTED, "no-config-wants-it", object_, notified=notified)
        delivered = self._deliver_new([Delivery(object_, config, budget) for config in wanted], seen, notified=notified)
        reasons = {**held, **{item.type: _why_not(item) for item in waiting}}
        ended = [AttemptResult(object_, type_, DeliveryProgress(), why) for type_, why in reasons.items()]
        if not delivered or not ended:  # with a message that comes back they would be handed over once more
            return delivered
        return self._settlement.settle(ended, notified=notified and not wanted)

    def again(self, object_: StoredObject, wanted: DeliveryMessage, budget: TimeBudget) -> bool:
        """Make the next attempt at a delivery; return whether its message is settled.

        :raises ConfigsUnreadableError: nothing was done.
        """
        tenant = self._tenant(wanted.tenant_id)
        if _is_held(tenant, tenant.of_type(wanted.type)):
            tenant = self._tenant(wanted.tenant_id, refresh=True)
        config = tenant.of_type(wanted.type)
        if config is None or isinstance(config, InvalidItem) or not config.enabled:
            return self._hold(object_, wanted, _why_not(config))
        if why := held_back(tenant, config):
            return self._hold(object_, wanted, why)
        filtered = config.filtered_by(object_.key.application, object_.key.cluster_id)
        if filtered:
            self._settlement.close(object_, wanted, filtered)
            return True
        delivery = Delivery(object_, config, budget, self._progress(wanted, config))
        return Outcome.RETURNED not in self._deliver([delivery], wanted)

    def _hold(self, object_: StoredObject, wanted: DeliveryMessage, why: DeliveryError) -> bool:
        return self._settlement.settle([AttemptResult(object_, wanted.type, _acknowledged(wanted), why, wanted)])

    def _tenant(self, tenant_id: str, *, refresh: bool = False) -> TenantConfigs:
        """Return the tenant's configs; never "unknown tenant" where the table can't be read."""
        try:
            found = self._repository.fetch_tenant(tenant_id, refresh=refresh)
        except Exception as error:
            reason = classify(error, hop=Hop.EXECUTION).reason
            if reason != "unexpected" or isinstance(
                error, OSError
            ):  # a bug that one tenant's items meet must not keep the others waiting
                self._unread = tenant_id
            raise ConfigsUnreadableError(reason, type(error).__name__) from error
        self._unread = None
        return found

    def _pass_over(self, what: Skipped, reason: str, object_: StoredObject, *, notified: bool) -> None:
        key = object_.key
        self._records.skipped(what, reason, **named(object_), tenant_id=key.tenant_id, **(NOTIFIED if notified else {}))

    def _deliver_new(self, deliveries: list[Delivery], seen: SettledTypes, *, notified: bool) -> bool:
        """Deliver what this very notification hasn't been delivered for yet, as far as the process remembers."""
        known = [one for one in deliveries if one.config.type in seen]
        if known:
            self._records.skipped(
                Skipped.DUPLICATES, "delivered-twice-by-the-queue", count=len(known), object=known[0].object.key.key
            )
        new = [one for one in deliveries if one not in known]
        outcomes = self._deliver(new, notified=notified)
        for delivery, outcome in zip(new, outcomes, strict=True):
            if outcome is not Outcome.RETURNED:
                seen.add(delivery.config.type)
        return Outcome.RETURNED not in outcomes

    def _deliver(
        self, deliveries: list[Delivery], previous: DeliveryMessage | None = None, *, notified: bool = True
    ) -> list[Outcome]:
        for delivery in deliveries:
            delivery.progress.destination = delivery.config.destination_digest
            delivery.progress.program = _program(delivery.config)
        return self._settlement.outcomes(self._attempts.run(deliveries, previous), notified=notified)

    def _progress(self, wanted: DeliveryMessage, config: DeliveryConfig) -> DeliveryProgress:
        """Return what is acknowledged already: nothing where it was by another destination, or in another plan."""
        progress = _acknowledged(wanted)
        if wanted.program != _program(config) and progress.reached() != DeliveryProgress().reached():
            progress.program_before = wanted.program  # boundaries are the same: it goes on where it was
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


def _acknowledged(wanted: DeliveryMessage) -> DeliveryProgress:
    return DeliveryProgress(
        checkpoint=wanted.checkpoint,
        ahead=frozenset(wanted.ahead),
        unkept=wanted.unkept,
        rests=wanted.rests,
        destination=wanted.destination,
    )


def _program(config: DeliveryConfig) -> str:
    return config.transform.digest if config.transform is not None else ""


def _why_to_start_over(wanted: DeliveryMessage, config: DeliveryConfig) -> str:
    """Return why a checkpoint doesn't hold; empty if it does. A message of a version without digests is believed."""
    if not (wanted.checkpoint or wanted.ahead or wanted.unkept or wanted.rests):
        return ""
    if wanted.plan_version != PLAN_VERSION:
        return "unknown-plan-version"
    return "destination-changed" if wanted.destination not in ("", config.destination_digest) else ""


def _wants(config: DeliveryConfig, object_: StoredObject) -> bool:
    return config.enabled and not config.filtered_by(object_.key.application, object_.key.cluster_id)


def _is_held(tenant: TenantConfigs, config: DeliveryConfig | InvalidItem | None) -> bool:
    """Whether nothing may be tried, by what was read a while ago."""
    if isinstance(config, DeliveryConfig):
        return not config.enabled or held_back(tenant, config) is not None
    return config is None


def _why_not(config: DeliveryConfig | InvalidItem | None) -> BlockedByCustomerError:
    """Return what keeps a waiting delivery from being tried: it stays, the config may be corrected or restored."""
    if isinstance(config, InvalidItem):
        return BlockedByCustomerError(config.reason, f"correct {', '.join(config.fields)}: {config.problem}")
    state = "deleted" if config is None else "disabled"
    return ConfigGoneError(f"config-{state}", f"the delivery config was {state} while the delivery waited")
