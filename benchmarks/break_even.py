"""Where the poller becomes cheaper than Lambda, by volume: ``python -m benchmarks.break_even [--write]``.

Prices come from ``prices.json``, the CPU from ``processor_cpu.json``; what is neither is in ``Assumptions``, each with
its reason. ``--write`` renews the part of ``docs/cost.md`` between its two marks; a test says where that was forgotten.
"""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.pages import renewed

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "cost.md"
MARK = "break-even"
HOURS_A_MONTH = 730
SECONDS_A_MONTH = HOURS_A_MONTH * 3600
MIB_A_GIB = 1024
VOLUMES_GIB_A_DAY = (10, 100, 1_000, 10_000, 100_000)
OBJECT_MIB = (0.25, 4.0, 64.0)
DAYS_A_MONTH = HOURS_A_MONTH / 24


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was not measured. Seconds are wall time against real AWS, which nothing here could be run against."""

    wait_per_object_s: float = 0.15  # GetObject, the first call of a stream; configs and role sessions are cached
    wait_per_mib_s: float = 0.05  # one PutLogEvents of 1 MiB, one after another within a stream
    cpu_per_object_s: float = 0.01  # its SDK calls, records and threads; a GiB in large objects has none of it
    objects_side_by_side: int = 4  # the processor's object workers, each waiting on its own
    lambda_memory_gb: float = 1769 / 1024  # the production stage: one vCPU
    objects_per_invocation: float = 10.0  # the event source's batch size, at a queue that is never empty
    pod_vcpu: float = 0.5  # the manifests' requests
    pod_gb: float = 0.5
    pods_at_least: int = 3  # two for the object queue, one for the delivery queue
    pod_load: float = 0.5  # how busy a pod is on average: the rest is for the peaks


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars a month."""

    on_lambda: float
    on_fargate: float
    on_nodes: float


def costs(gib_a_month: float, object_mib: float, prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> Costs:
    """Give what a month costs on each host; what is the same on all of them is left out."""
    objects = gib_a_month * MIB_A_GIB / object_mib
    cpu_s = gib_a_month * cpu["cpu_seconds_per_gib"] + objects * a.cpu_per_object_s
    waited_s = (objects * a.wait_per_object_s + gib_a_month * MIB_A_GIB * a.wait_per_mib_s) / a.objects_side_by_side
    billed_s = max(cpu_s, waited_s)  # while one object waits, another one works
    busy_s = max(cpu_s / a.pod_vcpu, waited_s)
    pods = max(a.pods_at_least, math.ceil(busy_s / (SECONDS_A_MONTH * a.pod_load)))
    pod_hour = a.pod_vcpu * prices["fargate_arm_vcpu_hour"] + a.pod_gb * prices["fargate_arm_gb_hour"]
    node_share_hour = prices["m7g_large_hour"] * a.pod_vcpu / 2  # of two vCPUs
    return Costs(
        on_lambda=billed_s * a.lambda_memory_gb * prices["lambda_arm_gb_second"]
        + objects / a.objects_per_invocation * prices["lambda_million_requests"] / 1e6,
        on_fargate=pods * pod_hour * HOURS_A_MONTH,
        on_nodes=pods * node_share_hour * HOURS_A_MONTH,
    )


def break_even_gib_a_day(object_mib: float, prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> float:
    """Give the volume from which the poller on Fargate stays cheaper, by bisection; infinite where it never is."""
    low, high = 0.0, 1e7
    if _lambda_is_cheaper(high, object_mib, prices, cpu, a):
        return math.inf
    while high - low > high / 1e6:
        middle = (low + high) / 2
        low, high = (middle, high) if _lambda_is_cheaper(middle, object_mib, prices, cpu, a) else (low, middle)
    return high


def _lambda_is_cheaper(
    gib_a_day: float, object_mib: float, prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions
) -> bool:
    found = costs(gib_a_day * DAYS_A_MONTH, object_mib, prices, cpu, a)
    return found.on_lambda < found.on_fargate


def section() -> str:
    """Write the generated part of the page: inputs, table, break-even, picture."""
    prices = json.loads((HERE / "prices.json").read_text())
    cpu = json.loads((HERE / "processor_cpu.json").read_text())
    given = (prices, cpu, Assumptions())
    return "\n\n".join([_inputs(*given), _table(*given), _break_evens(*given), _picture(*given)])


def _inputs(prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> str:
    return (
        f"List prices of {prices['region']}, {prices['as_of']}: {prices['note']}. Measured on {cpu['measured_on']} "
        f"({cpu['machine']}, Python {cpu['python']}): **{cpu['cpu_seconds_per_gib']} CPU seconds per GiB** "
        "uncompressed. "
        f"Assumed: {a.cpu_per_object_s} CPU seconds and {a.wait_per_object_s} s of waiting per object, "
        f"{a.wait_per_mib_s} s of waiting per MiB, {a.objects_side_by_side} objects side by side; "
        f"pods of {a.pod_vcpu} vCPU and {a.pod_gb} GiB, at least {a.pods_at_least}, half busy on average."
    )


def _table(prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> str:
    rows = ["| GiB a day | mean object | Lambda | poller on Fargate | poller on own nodes | CloudWatch ingestion |"]
    rows.append("|---:|---:|---:|---:|---:|---:|")
    for volume in VOLUMES_GIB_A_DAY:
        for size in OBJECT_MIB:
            month = volume * DAYS_A_MONTH
            found = costs(month, size, prices, cpu, a)
            ingested = month * prices["cloudwatch_logs_ingested_gb"]
            cells = [found.on_lambda, found.on_fargate, found.on_nodes, ingested]
            rows.append(f"| {volume:,} | {size:g} MiB | " + " | ".join(map(_dollars, cells)) + " |")
    return "\n".join(rows)


def _break_evens(prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> str:
    lines = [
        f"- objects of {size:g} MiB: **{break_even_gib_a_day(size, prices, cpu, a):,.0f} GiB a day**"
        for size in OBJECT_MIB
    ]
    return "The poller on Fargate is cheaper from\n\n" + "\n".join(lines)


def _picture(prices: dict[str, Any], cpu: dict[str, Any], a: Assumptions) -> str:
    volumes = (100, 200, 400, 800, 1_600, 3_200)
    found = [costs(volume * DAYS_A_MONTH, 4.0, prices, cpu, a) for volume in volumes]
    labels = ", ".join(f'"{volume:,}"' for volume in volumes)
    return (
        "```mermaid\nxychart-beta\n"
        '    title "USD a month by GiB a day, objects of 4 MiB: bars Lambda, line poller on Fargate"\n'
        f"    x-axis [{labels}]\n"
        f"    bar [{', '.join(f'{each.on_lambda:.0f}' for each in found)}]\n"
        f"    line [{', '.join(f'{each.on_fargate:.0f}' for each in found)}]\n```"
    )


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"  # noqa: PLR2004 - cents matter below it


def main() -> None:
    """Print the section, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/cost.md")
    if parser.parse_args().write:
        PAGE.write_text(renewed(PAGE.read_text(), MARK, section()))
    else:
        print(section())


if __name__ == "__main__":
    main()
