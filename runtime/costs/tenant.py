"""What one tenant costs, item by item, and who pays it: the provider, or the customer in its own account.

Left out, because they are hundredths of the rest: DynamoDB, STS, KMS, the API, and data between Regions, which is dear
only where a config's ``target_region`` or bucket lies in another Region than the processor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from runtime.costs.assumptions import DAYS_A_MONTH, GIB, MIB_A_GIB, Assumptions, ProcessorCpu, processor_cpu
from runtime.costs.hosts import busy_pod_seconds, on_lambda, pod_hour_on_fargate, work
from runtime.costs.prices import Prices, list_prices
from runtime.delivery_config.facts import Payer
from runtime.metrics.catalogue import EMITTED, Dimension

TENANT_METRICS = sum(Dimension.TENANT in dimensions for metric in EMITTED for dimensions in metric.sets)
"""Custom metrics that a tenant has as long as one outcome is seen; each further outcome has as many again."""


class Part(StrEnum):
    """Which part of the data's path an item belongs to."""

    COLLECTION = "collection"
    CLOUDWATCH = "cloudwatch"
    S3 = "s3"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a tenant had in some days. Counts may be rates or sums, of whatever ``days`` they are.

    :param objects: that its clusters' agents wrote.
    :param gib: of log lines in them, uncompressed.
    :param sent_objects: deliveries to CloudWatch Logs; ``sent_gib`` and ``sent_events`` what they brought there.
    :param copied_objects: deliveries to S3; ``copied_gib`` of lines in them, uncompressed.
    :param outcomes: kinds of outcome that its deliveries had: each has metrics of its own.
    """

    days: float = DAYS_A_MONTH
    objects: float = 0
    gib: float = 0
    sent_objects: float = 0
    sent_gib: float = 0
    sent_events: float = 0
    copied_objects: float = 0
    copied_gib: float = 0
    outcomes: int = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a bill: US dollars for the usage's days."""

    payer: Payer
    part: Part
    what: str
    dollars: float


def tenant_costs(
    usage: Usage,
    *,
    on_poller: bool = False,
    prices: Prices | None = None,
    cpu: ProcessorCpu | None = None,
    assumptions: Assumptions | None = None,
) -> list[Item]:
    """Return what a tenant costs.

    :param on_poller: the processor's share on a pod that other tenants keep busy, instead of on Lambda.
    """
    prices, cpu, a = prices or list_prices(), cpu or processor_cpu(), assumptions or Assumptions()
    bill = _Bill(usage, prices, cpu, a, on_poller)
    return [*bill.collection(), *bill.cloudwatch(), *bill.s3(), *bill.metrics()]


def total(items: Iterable[Item], *, payer: Payer | None = None, part: Part | None = None) -> float:
    """Add up what one pays, or what a part costs."""
    return sum(item.dollars for item in items if payer in (None, item.payer) and part in (None, item.part))


@dataclass(frozen=True, slots=True)
class _Bill:
    usage: Usage
    prices: Prices
    cpu: ProcessorCpu
    a: Assumptions
    on_poller: bool

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

    def cloudwatch(self) -> list[Item]:
        """Objects read and sent; the customer's ingestion is nearly all of it."""
        usage, a = self.usage, self.a
        billed = usage.sent_gib + usage.sent_events * a.billed_bytes_an_event / GIB
        stored = billed / a.stored_compression * a.customer_days_kept / DAYS_A_MONTH
        ingested = billed * self.prices.cloudwatch_logs_ingested_gb
        return [
            self._ours(Part.CLOUDWATCH, "objects read", usage.sent_objects / 1000 * self.prices.s3_thousand_gets),
            self._ours(Part.CLOUDWATCH, "processor", self._processor(usage.sent_gib, usage.sent_objects)),
            self._ours(Part.CLOUDWATCH, "delivery records", self._records(usage.sent_objects)),
            self._theirs(Part.CLOUDWATCH, "CloudWatch Logs ingestion", ingested),
            self._theirs(
                Part.CLOUDWATCH,
                f"CloudWatch Logs, kept {a.customer_days_kept:g} days",
                stored * self.prices.cloudwatch_logs_stored_gb_month,
            ),
        ]

    def s3(self) -> list[Item]:
        """Server-side copies: requests of ours, storage of the customer's."""
        usage, a = self.usage, self.a
        kept = usage.copied_gib / a.compression * self.prices.s3_gb_month * a.customer_days_kept / DAYS_A_MONTH
        return [
            self._ours(Part.S3, "copies", usage.copied_objects / 1000 * self.prices.s3_thousand_puts),
            self._ours(Part.S3, "processor", self._processor(0, usage.copied_objects)),
            self._ours(Part.S3, "delivery records", self._records(usage.copied_objects)),
            self._theirs(Part.S3, f"S3, kept {a.customer_days_kept:g} days", kept),
        ]

    def metrics(self) -> list[Item]:
        """What a tenant costs by being there."""
        months = self.usage.days / DAYS_A_MONTH
        dollars = TENANT_METRICS * self.usage.outcomes * months * self.prices.cloudwatch_metric_month
        return [self._ours(Part.METRICS, "the tenant's own metrics", dollars)]

    def _is_tiered(self) -> bool:
        stored_mib = self.usage.gib * MIB_A_GIB / self.a.compression / self.usage.objects if self.usage.objects else 0
        return stored_mib >= self.a.tiered_mib

    def _processor(self, gib: float, objects: float) -> float:
        done = work(gib, objects, self.cpu, self.a)
        if not self.on_poller:
            return on_lambda(done, self.prices, self.a)
        return busy_pod_seconds(done, self.a) / 3600 * pod_hour_on_fargate(self.prices, self.a)

    def _queued(self, messages: float) -> float:
        return messages * self.a.requests_a_message / 1e6 * self.prices.sqs_million_requests

    def _records(self, deliveries: float) -> float:
        return deliveries * self.a.record_bytes / GIB * self.prices.cloudwatch_logs_ingested_gb

    @staticmethod
    def _ours(part: Part, what: str, dollars: float) -> Item:
        return Item(Payer.PROVIDER, part, what, dollars)

    @staticmethod
    def _theirs(part: Part, what: str, dollars: float) -> Item:
        return Item(Payer.CUSTOMER, part, what, dollars)


def usage_of(gib: float, a: Assumptions | None = None, *, cloudwatch: bool = True, s3: bool = True) -> Usage:
    """Return the usage of a number of GiB, delivered completely, with objects and events by the assumptions."""
    a = a or Assumptions()
    objects, events = gib * MIB_A_GIB / a.object_mib, gib * GIB / a.event_bytes
    return Usage(
        objects=objects,
        gib=gib,
        sent_objects=objects * cloudwatch,
        sent_gib=gib * cloudwatch,
        sent_events=events * cloudwatch,
        copied_objects=objects * s3,
        copied_gib=gib * s3,
    )
