"""What the method is, and its delivery config: readable without loading what sends."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity, RequestLimits
from runtime.delivery_config.model import DeliveryConfig

FACTS = MethodFacts(
    name="spool",
    title="Spool directory",
    placement=Placement.INSIDE,  # it connects to nobody
    order=Order.STREAM,  # a file is read from its beginning: one request after another
    reads_events=True,
    limits=RequestLimits(events=2000, bytes=1_000_000, event_bytes=500_000, overhead_bytes=80),
    prices=(PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),),
    example={"type": "spool", "directory": "/var/spool/logrouter"},
)


class SpoolConfig(DeliveryConfig):
    """Where the files are."""

    facts: ClassVar[MethodFacts] = FACTS

    directory: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/\-]{1,200}$")]
