"""What a tenant costs: its deliveries of the last day, extrapolated to a month, at ``runtime.costs``' list prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cli.operation.recent import DELIVERED, recent
from cli.operation.sources import Sources
from runtime.costs.assumptions import DAYS_A_MONTH, GIB, Assumptions
from runtime.costs.tenant import Item, Usage, tenant_costs
from runtime.record_log.lines import RecordLine

DAY_SECONDS: Final = 86_400
STEPS_SECONDS: Final = (300, 600, 2_700, 10_800, 28_800, 43_200)
"""A day, if there is time for all of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The usage is that of the ``seconds`` that were read, extrapolated to a month; so are the items' dollars."""

    tenant_id: str
    seconds: float
    usage: Usage
    items: Sequence[Item]


def cost(sources: Sources, tenant_id: str) -> Cost:
    """Read the tenant's records and price them.

    An object that nothing was delivered of isn't seen here: it costs its writing and its keeping.
    """
    read = recent(sources.records, sources.clock(), tenant_id=tenant_id, steps=STEPS_SECONDS)
    usage = _usage(read.lines, DAYS_A_MONTH * DAY_SECONDS / read.seconds)
    return Cost(tenant_id, read.seconds, usage, tenant_costs(usage))


def _usage(records: Sequence[RecordLine], times: float) -> Usage:
    delivered = [each for each in records if each.text("Outcome") == DELIVERED]
    sent = [each for each in delivered if each.text("Method") == "cloudwatch"]
    copied = [each for each in delivered if each.text("Method") == "s3"]
    copied_bytes = sum(each.count("Bytes") for each in copied) * Assumptions().compression
    sent_bytes = sum(each.count("Bytes") for each in sent)
    written = {each.text("object"): each.count("Bytes") * Assumptions().compression for each in copied}
    written |= {each.text("object"): each.count("Bytes") for each in sent}
    return Usage(
        objects=len({each.text("object") for each in records}) * times,
        gib=sum(written.values()) / GIB * times,
        sent_objects=len(sent) * times,
        sent_gib=sent_bytes / GIB * times,
        sent_events=sum(each.count("Events") for each in sent) * times,
        copied_objects=len(copied) * times,
        copied_gib=copied_bytes / GIB * times,
        outcomes=len({each.text("Outcome") for each in records}),
    )
