"""What is known of a delivery method without loading what sends: its place, its limits, its prices, its secrets.

A ``MethodFacts`` is a class variable of the method's config model. The API, the command, the cost model, the estimate
of a replay and the dashboard go over the facts of all methods; none of them knows a method by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runtime.metrics.catalogue import Metric


class Placement(StrEnum):
    """Which processor delivers. ``OUTSIDE``: the method connects to an address that the customer chooses."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Order(StrEnum):
    """What the order of calls means to the destination.

    ``NONE``: nothing. ``TIME``: it sorts by time itself, so only events of one millisecond keep their order.
    ``STREAM``: events arrive in the order of the object, so one call is made after another.
    """

    NONE = "none"
    TIME = "time"
    STREAM = "stream"


class Payer(StrEnum):
    """Whose bill a price is on."""

    PROVIDER = "provider"
    CUSTOMER = "customer"


class Quantity(StrEnum):
    """What a price is multiplied by.

    ``MILLION_REQUESTS``: as the method's limits cut them. ``GIB``: of delivered lines, uncompressed. ``KEPT_GIB``: the
    same, kept for the days that the customer keeps them.
    """

    THOUSAND_OBJECTS = "thousand objects"
    MILLION_REQUESTS = "million requests"
    GIB = "GiB"
    KEPT_GIB = "GiB kept"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line of the bill for a method's deliveries, beside the processor's own work.

    :param what: for people: ``CloudWatch Logs ingestion``.
    :param price: the name of a field of ``runtime.costs.prices.Prices``.
    :param compression: the name of a field of ``runtime.costs.assumptions.Assumptions`` by which the bytes are divided.
    :param event_bytes: billed for each event beside its text.
    """

    payer: Payer
    what: str
    price: str
    quantity: Quantity
    compression: str = ""
    event_bytes: int = 0


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may hold: JSON literals of the events' messages, and ``overhead_bytes`` for each event.

    :param event_bytes: one event that is larger by itself (overhead included) is set aside as ``event-too-large``.
    """

    events: int
    bytes: int
    event_bytes: int
    overhead_bytes: int = 0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for limits with which nothing could be sent."""
        if self.events < 1 or not 0 <= self.overhead_bytes < self.event_bytes <= self.bytes:
            raise ValueError("a request must have room for an event, and an event for a byte beside its overhead")


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """One delivery method.

    :param name: the part of a config's ``type`` before the colon. :param title: for people.
    :param reads_events: it wants the object's events; otherwise the object isn't read for it.
    :param limits: of one request; ``None``: a planned batch is one request.
    :param prices: what its deliveries cost beside the processor's work.
    :param dashboard: metrics of its own for the dashboard, each with its label.
    :param secrets: names of config fields that are references to secrets.
    :param oldest_event_seconds: the destination takes no event that is older; ``None``: any.
    :param example: a delivery config without ``tenant_id``, for the API's document.
    """

    name: str
    title: str
    placement: Placement
    order: Order
    reads_events: bool
    limits: RequestLimits | None
    prices: tuple[PriceRow, ...] = ()
    dashboard: tuple[tuple[Metric, str], ...] = ()
    secrets: tuple[str, ...] = ()
    oldest_event_seconds: int | None = None
    example: Mapping[str, object] = field(default_factory=dict)
