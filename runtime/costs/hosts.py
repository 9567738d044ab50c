"""What the processor's own work costs on each host: by use on Lambda, by the hour on a pod."""

import math
from dataclasses import dataclass

from runtime.costs.assumptions import HOURS_A_MONTH, MIB_A_GIB, Assumptions, ProcessorCpu
from runtime.costs.prices import Prices

SECONDS_A_MONTH = HOURS_A_MONTH * 3600


@dataclass(frozen=True, slots=True)
class Work:
    """What objects take: seconds of CPU, and of waiting for calls, with several objects at once."""

    objects: float
    cpu_s: float
    waited_s: float


def work(gib: float, objects: float, cpu: ProcessorCpu, a: Assumptions, *, requests: float | None = None) -> Work:
    """Return the work of a number of objects, of which a number of GiB (uncompressed) are read and sent.

    :param requests: to customers' endpoints, which are waited for one by one; ``None``: calls of AWS, by the MiB.
    """
    waited_s = gib * MIB_A_GIB * a.wait_per_mib_s if requests is None else requests * a.wait_per_request_s
    return Work(
        objects,
        gib * cpu.cpu_seconds_per_gib + objects * cpu.cpu_seconds_per_object,
        (objects * a.wait_per_object_s + waited_s) / a.objects_side_by_side,
    )


def on_lambda(done: Work, prices: Prices, a: Assumptions, *, memory_gb: float | None = None) -> float:
    """Return the dollars on Lambda, which also bills waiting time; while one object waits, another one works.

    :param memory_gb: of the function; ``None``: the processor's.
    """
    billed_s = max(done.cpu_s, done.waited_s)
    seconds = billed_s * (memory_gb or a.lambda_memory_gb) * prices.lambda_arm_gb_second
    return seconds + done.objects * a.poll_share * prices.lambda_million_requests / 1e6


def program_dollars(cpu_s: float, events: float, prices: Prices, a: Assumptions) -> float:
    """Return what a tenant's program costs on Lambda. :param cpu_s: of its worker. :param events: that it read."""
    whole = cpu_s + events * a.program_hand_over_s
    return whole * a.lambda_memory_gb * prices.lambda_arm_gb_second


def pods(done_a_month: Work, a: Assumptions) -> int:
    """Return how many pods a month's work needs."""
    return max(a.pods_at_least, math.ceil(busy_pod_seconds(done_a_month, a) / SECONDS_A_MONTH))


def busy_pod_seconds(done: Work, a: Assumptions) -> float:
    """Return the seconds of a pod that the work takes, with the room that is left for peaks."""
    return max(done.cpu_s / a.pod_vcpu, done.waited_s) / a.pod_load


def pod_hour_on_fargate(prices: Prices, a: Assumptions) -> float:
    """Return the dollars of a pod's hour on Fargate."""
    return a.pod_vcpu * prices.fargate_arm_vcpu_hour + a.pod_gb * prices.fargate_arm_gb_hour


def pod_hour_on_nodes(prices: Prices, a: Assumptions) -> float:
    """Return the dollars of a pod's hour on an m7g.large (2 vCPU, 8 GiB): its larger share of the two."""
    return prices.m7g_large_hour * max(a.pod_vcpu / 2, a.pod_gb / 8)
