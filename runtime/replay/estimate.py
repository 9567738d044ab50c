"""The size of a replay: objects, bytes, messages, time, and about what it costs.

By the list prices of ``runtime/costs/``. What the customer pays for is named apart: it is nearly all of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from runtime import scheduling
from runtime.costs.assumptions import GIB, Assumptions
from runtime.costs.prices import list_prices
from runtime.costs.requests import requests_of
from runtime.delivery_config.facts import MethodFacts, Payer, Placement, Quantity
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import TenantConfigs
from runtime.delivery_state.replay_selection import Selection
from runtime.replay.listing import FoundObject, ListingPage
from runtime.time_budget import TimeBudget


@dataclass(slots=True)
class Estimate:
    """What was counted. ``bytes`` are compressed.

    :param complete: false where the time was spent before all was listed: there is at least so much.
    :param too_old: deliveries of objects that are older than their destination takes: they would be set aside.
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
    complete: bool = True

    @property
    def seconds(self) -> float:
        """How long sending takes at the limited rate."""
        return self.deliveries / self.per_second


def estimate(
    pages: Iterable[ListingPage],
    tenant: TenantConfigs,
    selection: Selection,
    *,
    per_second: float,
    budget: TimeBudget,
    clock: Callable[[], float] = scheduling.now,
) -> Estimate:
    """Count a selection's objects and their deliveries, as long as the budget lasts."""
    total, now, models = Estimate(per_second), clock(), find_config_models()
    requests = 0
    for page in pages:
        requests += 1
        for one in page.found:
            _count(total, one)
            for type_ in wanted_by(tenant, selection, one):
                model = models.get(type_.partition(":")[0])
                _add(total, type_, model.facts if model else None, one, now)
        if not budget.allows(0.0):
            total.complete = False
            break
    # The requests of this count and those of sending; S3 bills them as writes.
    total.provider_cost += requests * 2 / 1000 * list_prices().s3_thousand_puts
    return total


def _count(total: Estimate, one: FoundObject) -> None:
    total.objects += 1
    total.bytes += one.size
    total.oldest_at = min(one.at, total.oldest_at or one.at)
    total.newest_at = max(one.at, total.newest_at or one.at)


def wanted_by(tenant: TenantConfigs, selection: Selection, found: FoundObject) -> list[str]:
    """Return the types of the configs that select an object, by the processor's rules.

    Those that can't be read are among them unless they say otherwise: their deliveries wait, as a new object's do.
    """
    key = found.object.key
    types = [one.type for one in tenant.configs if one.enabled and one.selects(key.application, key.cluster_id)]
    types += [item.type for item in tenant.invalid if item.may_want(key.application, key.cluster_id)]
    return [type_ for type_ in types if selection.type in (None, type_)]


def _add(total: Estimate, type_: str, facts: MethodFacts | None, one: FoundObject, now: float) -> None:
    total.deliveries += 1
    total.by_type[type_] = total.by_type.get(type_, 0) + 1
    prices, a = list_prices(), Assumptions()
    total.provider_cost += a.requests_a_message / 1e6 * prices.sqs_million_requests
    if facts is None:
        return
    gib = one.size * a.compression / GIB
    made = requests_of(facts.limits, objects=1, gib=gib, events=gib * GIB / a.event_bytes)
    quantities = {
        Quantity.THOUSAND_OBJECTS: 1 / 1000,
        Quantity.MILLION_REQUESTS: made / 1e6,
        Quantity.GIB: gib,
    }
    if facts.placement is Placement.OUTSIDE:
        total.provider_cost += prices.kms_million_requests / 1e6 + gib * prices.internet_out_gb
    for row in facts.prices:
        dollars = quantities.get(row.quantity, 0.0) * prices.of(row.price)  # how long it is kept is another bill's
        if row.payer is Payer.PROVIDER:
            total.provider_cost += dollars
        else:
            total.customer_cost += dollars
    total.too_old += facts.oldest_event_seconds is not None and now - one.at > facts.oldest_event_seconds
