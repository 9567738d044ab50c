"""What one tenant costs, item by item, and who pays it: the provider, or the customer in its own account.

Left out, because they are hundredths of the rest: DynamoDB, STS, KMS (except for passes), the API, and data
between Regions, which is dear only where a config's ``target_region`` or bucket lies in another Region than the
processor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runtime.costs.assumptions import DAYS_A_MONTH, GIB, MIB_A_GIB, Assumptions, ProcessorCpu, processor_cpu
from runtime.costs.hosts import Work, busy_pod_seconds, on_lambda, pod_hour_on_fargate, program_dollars, work
from runtime.costs.outside import OutsideDeliveries, outside_costs
from runtime.costs.prices import Prices, list_prices
from runtime.costs.requests import requests_of
from runtime.delivery_config.facts import MethodFacts, Payer, Placement, PriceRow, Quantity
from runtime.delivery_config.methods import find_config_models
from runtime.metrics.catalogue import EMITTED, Dimension

TENANT_METRICS = sum(Dimension.TENANT in dimensions for metric in EMITTED for dimensions in metric.sets)
"""Custom metrics that a tenant has as long as one outcome is seen; each further outcome has as many again."""


class Part(StrEnum):
    """Parts of the data's path beside the deliveries: of those, an item's part is the delivery method's name."""

    COLLECTION = "collection"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one method delivered. ``gib`` of lines, uncompressed; ``events`` where it reads them.

    ``program_cpu_s`` is the measured CPU of tenants' programs, for the ``program_events`` that they read.
    """

    objects: float = 0
    gib: float = 0
    events: float = 0
    program_cpu_s: float = 0
    program_events: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a tenant had in some days. Counts may be rates or sums, of whatever ``days`` they are.

    :param objects: that its clusters' agents wrote.
    :param gib: of log lines in them, uncompressed.
    :param delivered: by delivery method.
    :param outcomes: kinds of outcome that its deliveries had: each has metrics of its own.
    """

    days: float = DAYS_A_MONTH
    objects: float = 0
    gib: float = 0
    delivered: Mapping[str, Delivered] = field(default_factory=dict)
    outcomes: int = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a bill: US dollars for the usage's days."""

    payer: Payer
    part: str
    what: str
    dollars: float


def tenant_costs(
    usage: Usage,
    *,
    on_poller: bool = False,
    on_network: bool = False,
    prices: Prices | None = None,
    cpu: ProcessorCpu | None = None,
    assumptions: Assumptions | None = None,
) -> list[Item]:
    """Return what a tenant costs.

    :param on_poller: the processor's share on a pod that other tenants keep busy, instead of on Lambda.
    :param on_network: what is delivered outside goes through a network of its own.
    """
    prices, cpu, a = prices or list_prices(), cpu or processor_cpu(), assumptions or Assumptions()
    bill = _Bill(usage, prices, cpu, a, on_poller, on_network)
    methods = [model.facts for model in find_config_models().values()]
    return [*bill.collection(), *(item for facts in methods for item in bill.deliveries(facts)), *bill.metrics()]


def total(items: Iterable[Item], *, payer: Payer | None = None, part: str | None = None) -> float:
    """Add up what one pays, or what a part costs."""
    return sum(item.dollars for item in items if payer in (None, item.payer) and part in (None, item.part))


@dataclass(frozen=True, slots=True)
class _Bill:
    usage: Usage
    prices: Prices
    cpu: ProcessorCpu
    a: Assumptions
    on_poller: bool
    on_network: bool

    def collection(self) -> list[Item]:
        """From the agent's PUT to the message in the object queue."""
        thousands = self.usage.objects / 1000
        days = self.a.days_kept * self.a.times_kept
        months = days / DAYS_A_MONTH
        notified = self.usage.objects / 1e6 * self.prices.sns_million_requests + self._queued(self.usage.objects)
        kept = self.usage.gib / self.a.compression * self.prices.s3_gb_month * months
        tiered = self.prices.s3_thousand_transitions + self.prices.s3_thousand_monitored_month * months
        return [
            self._ours(Part.COLLECTION, "objects written", thousands * self.prices.s3_thousand_puts),
            self._ours(Part.COLLECTION, "objects tiered", thousands * tiered * self._is_tiered()),
            self._ours(Part.COLLECTION, "notifications, object queue", notified),
            self._ours(Part.COLLECTION, f"objects kept {days:g} days", kept),
        ]

    def deliveries(self, facts: MethodFacts) -> list[Item]:
        """One method's deliveries: what its destination costs, and the work that they are."""
        done = self.usage.delivered.get(facts.name)
        if done is None:
            return []
        made = requests_of(facts.limits, objects=done.objects, gib=done.gib, events=done.events)
        rows = [(row.payer, self._what(row), self._dollars(row, done, made)) for row in facts.prices]
        outside = facts.placement is Placement.OUTSIDE
        worked = self._outside(done, made) if outside else self._inside(done if facts.reads_events else None, done)
        ours = [*worked.items(), ("delivery records", self._records(done.objects))]
        if done.program_events:
            dollars = program_dollars(done.program_cpu_s, done.program_events, self.prices, self.a)
            ours.append(("the tenant's program, as on Lambda", dollars))
        return [
            *(self._ours(facts.name, what, dollars) for payer, what, dollars in rows if payer is Payer.PROVIDER),
            *(self._ours(facts.name, what, dollars) for what, dollars in ours),
            *(self._theirs(facts.name, what, dollars) for payer, what, dollars in rows if payer is Payer.CUSTOMER),
        ]

    def _what(self, row: PriceRow) -> str:
        return f"{row.what}, kept {self.a.customer_days_kept:g} days" if row.quantity is Quantity.KEPT_GIB else row.what

    def _inside(self, read: Delivered | None, done: Delivered) -> dict[str, float]:
        return {"processor": self._worked(work(read.gib if read else 0, done.objects, self.cpu, self.a))}

    def _outside(self, done: Delivered, made: float) -> dict[str, float]:
        """Twice a processor: the inside hands over what it doesn't read, the outside delivers it."""
        sent = OutsideDeliveries(done.objects, done.gib, self.usage.days)
        worked = work(done.gib, done.objects, self.cpu, self.a, requests=made)
        return {
            "processor, which hands over": self._worked(work(0, done.objects, self.cpu, self.a)),
            "outside processor": self._worked(worked, memory_gb=self.a.outside_memory_gb),
            **outside_costs(sent, self.prices, self.a, on_network=self.on_network),
        }

    def _dollars(self, row: PriceRow, done: Delivered, made: float) -> float:
        gib = done.gib + done.events * row.event_bytes / GIB
        compression: float = getattr(self.a, row.compression) if row.compression else 1.0
        quantities = {
            Quantity.THOUSAND_OBJECTS: done.objects / 1000,
            Quantity.MILLION_REQUESTS: made / 1e6,
            Quantity.GIB: gib / compression,
            Quantity.KEPT_GIB: gib / compression * self.a.customer_days_kept / DAYS_A_MONTH,
        }
        return quantities[row.quantity] * self.prices.of(row.price)

    def metrics(self) -> list[Item]:
        """What a tenant costs by being there."""
        months = self.usage.days / DAYS_A_MONTH
        dollars = TENANT_METRICS * self.usage.outcomes * months * self.prices.cloudwatch_metric_month
        return [self._ours(Part.METRICS, "the tenant's own metrics", dollars)]

    def _is_tiered(self) -> bool:
        stored_mib = self.usage.gib * MIB_A_GIB / self.a.compression / self.usage.objects if self.usage.objects else 0
        return stored_mib >= self.a.tiered_mib

    def _worked(self, done: Work, *, memory_gb: float | None = None) -> float:
        if not self.on_poller:
            return on_lambda(done, self.prices, self.a, memory_gb=memory_gb)
        return busy_pod_seconds(done, self.a) / 3600 * pod_hour_on_fargate(self.prices, self.a)

    def _queued(self, messages: float) -> float:
        return messages * self.a.requests_a_message / 1e6 * self.prices.sqs_million_requests

    def _records(self, deliveries: float) -> float:
        return deliveries * self.a.record_bytes / GIB * self.prices.cloudwatch_logs_ingested_gb

    @staticmethod
    def _ours(part: str, what: str, dollars: float) -> Item:
        return Item(Payer.PROVIDER, part, what, dollars)

    @staticmethod
    def _theirs(part: str, what: str, dollars: float) -> Item:
        return Item(Payer.CUSTOMER, part, what, dollars)


def usage_of(gib: float, methods: Iterable[str], a: Assumptions | None = None) -> Usage:
    """Return the usage of a number of GiB, delivered completely, with objects and events by the assumptions.

    :param methods: the names of those that deliver it, each all of it.
    """
    a = a or Assumptions()
    objects, events = gib * MIB_A_GIB / a.object_mib, gib * GIB / a.event_bytes
    delivered = Delivered(objects=objects, gib=gib, events=events)
    return Usage(objects=objects, gib=gib, delivered=dict.fromkeys(methods, delivered))
