"""What a replay would come to: objects, bytes, messages, time, and about what it costs.

List prices of us-east-1 (the services' pricing pages, 2026-06), without free tiers. What the customer pays for is
named apart: it is nearly all of it.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from runtime.delivery_config.model import DeliveryConfig
from runtime.replay.listing import FoundObject

GIB = 1024**3
SQS_REQUEST = 0.40 / 1_000_000  # a message is sent, received and deleted
REQUESTS_A_MESSAGE = 3
S3_GET, S3_PUT = 0.0004 / 1000, 0.005 / 1000
LIST_REQUEST, KEYS_A_LIST = 0.005 / 1000, 1000
CLOUDWATCH_INGESTION_A_GIB = 0.50
EXPANSION = 10  # ours: JSON logs of gzip's usual ratio; the bucket knows only the compressed size
OLDEST_CLOUDWATCH_SECONDS = 14 * 86_400  # PutLogEvents, API reference: no event older than 14 days


@dataclass(slots=True)
class Estimate:
    """What was counted. ``bytes`` are compressed.

    :param too_old: objects that are older than CloudWatch takes: their events would be set aside.
    """

    per_second: float
    objects: int = 0
    bytes: int = 0
    deliveries: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    too_old: int = 0
    oldest_at: float | None = None
    newest_at: float | None = None
    provider_cost: float = 0.0
    customer_cost: float = 0.0

    @property
    def seconds(self) -> float:
        """How long sending takes at the limited rate."""
        return self.deliveries / self.per_second


def estimate(
    found: Iterable[FoundObject],
    configs: Sequence[DeliveryConfig],
    *,
    per_second: float,
    clock: Callable[[], float] = time.time,
) -> Estimate:
    """Count a selection's objects and the deliveries that the configs make of them."""
    total, now = Estimate(per_second), clock()
    for one in found:
        total.objects += 1
        total.bytes += one.size
        total.oldest_at = min(one.at, total.oldest_at or one.at)
        total.newest_at = max(one.at, total.newest_at or one.at)
        for config in wanted_by(configs, one):
            _add(total, config, one, now)
    total.provider_cost += total.objects / KEYS_A_LIST * 2 * LIST_REQUEST  # for this count, and for sending
    return total


def wanted_by(configs: Sequence[DeliveryConfig], found: FoundObject) -> list[DeliveryConfig]:
    """Give the configs that want an object, as the processor will decide it."""
    key = found.object.key
    return [config for config in configs if config.enabled and config.selects(key.application, key.cluster_id)]


def _add(total: Estimate, config: DeliveryConfig, one: FoundObject, now: float) -> None:
    total.deliveries += 1
    total.by_type[config.type] = total.by_type.get(config.type, 0) + 1
    total.provider_cost += REQUESTS_A_MESSAGE * SQS_REQUEST
    if config.method == "cloudwatch":
        total.provider_cost += S3_GET
        total.customer_cost += one.size * EXPANSION / GIB * CLOUDWATCH_INGESTION_A_GIB
        total.too_old += now - one.at > OLDEST_CLOUDWATCH_SECONDS
    else:
        total.provider_cost += S3_PUT
