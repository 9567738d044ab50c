"""What a Firehose delivery stream would cost in place of the agent's direct writes into the bucket."""

from runtime.costs.assumptions import MIB_A_GIB, Assumptions
from runtime.costs.prices import Prices

KIB = 1024


def direct_writes(gib: float, prices: Prices, a: Assumptions) -> float:
    """Return the dollars of the agent's own PUTs."""
    return gib * MIB_A_GIB / a.object_mib / 1000 * prices.s3_thousand_puts


def firehose(
    gib: float, prices: Prices, a: Assumptions, *, partitioned: bool = True, record_an_event: bool = False
) -> float:
    """Return the dollars of a delivery stream and the PUTs that it makes: objects as large as the agent's.

    :param partitioned: by tenant and application, as the keys here are (dynamic partitioning). Without it, somebody
        else has to take the tenants apart.
    :param record_an_event: as a plain sink sends them; else events are packed into whole records.
    """
    billed = gib * (_rounded(a) / a.event_bytes if record_an_event else 1)
    dollars = billed * prices.firehose_ingested_gb
    if partitioned:
        objects = gib * MIB_A_GIB / a.object_mib
        dollars += gib * prices.firehose_partitioned_gb
        dollars += objects / 1000 * prices.firehose_thousand_partitioned_objects
    return dollars + direct_writes(gib, prices, a)


def _rounded(a: Assumptions) -> float:
    step = a.firehose_record_kib * KIB
    return -(-a.event_bytes // step) * step
