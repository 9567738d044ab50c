"""What a delivery outside costs beside the work: its message and pass, its tenant's sessions, its bytes' way out."""

from dataclasses import dataclass

from runtime.costs.assumptions import Assumptions
from runtime.costs.prices import Prices

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class OutsideDeliveries:
    """One tenant's. ``gib``: that leave for its endpoint, uncompressed."""

    deliveries: float
    gib: float
    days: float


def outside_costs(sent: OutsideDeliveries, prices: Prices, a: Assumptions, *, on_network: bool) -> dict[str, float]:
    """Return the dollars by what they are for. :param on_network: the stage has a network for the outside."""
    messages = sent.deliveries * a.requests_a_message / 1e6 * prices.sqs_million_requests
    passes = sent.deliveries / 1e6 * prices.kms_million_requests
    sessions = min(sent.deliveries, a.outside_processes * sent.days * MINUTES_A_DAY / a.session_minutes)
    costs = {
        "hand-over to the outside, with its pass": messages + passes,
        "sessions of the issuer": sessions * issued_session(prices, a),
        "bytes to the internet": sent.gib * prices.internet_out_gb,
    }
    return {**costs, "bytes through NAT gateways": sent.gib * prices.vpc_nat_gb} if on_network else costs


def issued_session(prices: Prices, a: Assumptions) -> float:
    """Return the dollars of one session: an invocation of the issuer, which checks the pass."""
    worked = a.issuer_s * a.issuer_memory_gb * prices.lambda_arm_gb_second
    return worked + (prices.lambda_million_requests + prices.kms_million_requests) / 1e6


def network_month(prices: Prices, zones: int, hours: float) -> float:
    """Return the dollars of the outside's network, whatever goes through it."""
    return zones * hours * (prices.vpc_nat_hour + prices.vpc_public_address_hour)
