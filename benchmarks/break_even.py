"""Where the poller becomes cheaper than Lambda, by volume: ``python -m benchmarks.break_even [--write]``.

Prices, the measured CPU and the assumptions are those of ``runtime/costs/``. ``--write`` renews the part of
``docs/cost.md`` between its two marks; a test says where that was forgotten.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages import dollars, renewed
from runtime.costs import hosts
from runtime.costs.assumptions import DAYS_A_MONTH, HOURS_A_MONTH, MIB_A_GIB, Assumptions, ProcessorCpu, processor_cpu
from runtime.costs.prices import Prices, list_prices

PAGE = Path(__file__).parents[1] / "docs" / "cost.md"
MARK = "break-even"
VOLUMES_GIB_A_DAY = (10, 100, 1_000, 10_000, 100_000)
OBJECT_MIB = (0.25, 4.0, 64.0)


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars a month."""

    on_lambda: float
    on_fargate: float
    on_nodes: float


def costs(gib_a_month: float, object_mib: float, prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> Costs:
    """Return what a month costs on each host; what is the same on all of them is left out."""
    done = hosts.work(gib_a_month, gib_a_month * MIB_A_GIB / object_mib, cpu, a)
    pod_hours = hosts.pods(done, a) * HOURS_A_MONTH
    return Costs(
        on_lambda=hosts.on_lambda(done, prices, a),
        on_fargate=pod_hours * hosts.pod_hour_on_fargate(prices, a),
        on_nodes=pod_hours * hosts.pod_hour_on_nodes(prices, a),
    )


def break_even_gib_a_day(object_mib: float, prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> float:
    """Return the volume from which the poller on Fargate stays cheaper, by bisection; infinite where it never is."""
    low, high = 0.0, 1e7
    if _lambda_is_cheaper(high, object_mib, prices, cpu, a):
        return math.inf
    while high - low > high / 1e6:
        middle = (low + high) / 2
        low, high = (middle, high) if _lambda_is_cheaper(middle, object_mib, prices, cpu, a) else (low, middle)
    return high


def _lambda_is_cheaper(gib_a_day: float, object_mib: float, prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> bool:
    found = costs(gib_a_day * DAYS_A_MONTH, object_mib, prices, cpu, a)
    return found.on_lambda < found.on_fargate


def section() -> str:
    """Write the generated part of the page: inputs, table, break-even, picture."""
    given = (list_prices(), processor_cpu(), Assumptions())
    return "\n\n".join([_inputs(*given), _table(*given), _break_evens(*given), _picture(*given)])


def _inputs(prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> str:
    return (
        f"List prices of {prices.region}, {prices.as_of}: {prices.note}. Measured on {cpu.measured_on} "
        f"({cpu.machine}, Python {cpu.python}): **{cpu.cpu_seconds_per_gib:g} CPU seconds per GiB** uncompressed and "
        f"{cpu.cpu_seconds_per_object * 1000:g} ms per object. "
        f"Assumed: {a.wait_per_object_s} s of waiting per object, "
        f"{a.wait_per_mib_s} s of waiting per MiB, {a.objects_side_by_side} concurrent objects; "
        f"pods of {a.pod_vcpu} vCPU and {a.pod_gb} GiB, at least {a.pods_at_least}, half busy on average."
    )


def _table(prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> str:
    rows = ["| GiB a day | mean object | Lambda | poller on Fargate | poller on own nodes | CloudWatch ingestion |"]
    rows.append("|---:|---:|---:|---:|---:|---:|")
    for volume in VOLUMES_GIB_A_DAY:
        for size in OBJECT_MIB:
            month = volume * DAYS_A_MONTH
            found = costs(month, size, prices, cpu, a)
            ingested = month * prices.cloudwatch_logs_ingested_gb
            cells = [found.on_lambda, found.on_fargate, found.on_nodes, ingested]
            rows.append(f"| {volume:,} | {size:g} MiB | " + " | ".join(map(dollars, cells)) + " |")
    return "\n".join(rows)


def _break_evens(prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> str:
    lines = [
        f"- objects of {size:g} MiB: **{break_even_gib_a_day(size, prices, cpu, a):,.0f} GiB a day**"
        for size in OBJECT_MIB
    ]
    return "The poller on Fargate is cheaper from\n\n" + "\n".join(lines)


def _picture(prices: Prices, cpu: ProcessorCpu, a: Assumptions) -> str:
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
