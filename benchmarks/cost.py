"""What a tenant costs on each path, and beside a Firehose path: ``python -m benchmarks.cost [--write] [NAME=VALUE …]``.

The model, its prices and assumptions are ``runtime/costs/``; any assumption can be changed: ``event_bytes=250``.
``--write`` renews the part of ``docs/cost.md`` between its two marks, by the assumptions as they are committed.
"""

import argparse
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from benchmarks.break_even import PAGE
from benchmarks.firehose_cost import direct_writes, firehose
from benchmarks.pages import dollars, renewed
from runtime.costs.assumptions import GIB, HOURS_A_MONTH, Assumptions
from runtime.costs.outside import network_month
from runtime.costs.prices import list_prices
from runtime.costs.tenant import Part, tenant_costs, total, usage_of
from runtime.delivery_config.facts import Payer

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "per-tenant"
TIB = 1024
METHODS = ("cloudwatch", "s3")
OUTSIDE_METHOD = "webhook"
"""As the others outside: they differ by what their customers pay."""
OBJECT_MIB = (0.25, 4.0, 64.0)


def section(a: Assumptions) -> str:
    """Write the generated part of the page."""
    return "\n\n".join([_inputs(a), _paths(a), _items(a), _outside(a), _writes(a), _picture(a)])


def _inputs(a: Assumptions) -> str:
    prices = list_prices()
    return (
        f"Events of {a.event_bytes:g} bytes in objects of {a.object_mib:g} MiB, compressed to a {a.compression:g}th, "
        f"kept {a.days_kept:g} days;\nlist prices of {prices.region}, {prices.as_of}; the CPU measured as below. "
        f"A TB is {TIB} GB."
    )


def _paths(a: Assumptions) -> str:
    lines = [
        "| path | who pays | a GB | a million events | a TB |",
        "|---|---|---:|---:|---:|",
    ]
    rows = (
        ("collection: agent, bucket, queue", Part.COLLECTION, Payer.PROVIDER, False),
        ("CloudWatch, on Lambda", "cloudwatch", Payer.PROVIDER, False),
        ("CloudWatch, on the poller", "cloudwatch", Payer.PROVIDER, True),
        ("CloudWatch", "cloudwatch", Payer.CUSTOMER, False),
        ("S3, on Lambda", "s3", Payer.PROVIDER, False),
        ("S3, on the poller", "s3", Payer.PROVIDER, True),
        ("S3", "s3", Payer.CUSTOMER, False),
    )
    for name, part, payer, on_poller in rows:
        items = tenant_costs(usage_of(1, METHODS, a), on_poller=on_poller, assumptions=a)
        lines.append(f"| {name} | {payer} | {_three(total(items, payer=payer, part=part), a)} |")
    being_there = total(tenant_costs(usage_of(0, (), a), assumptions=a), part=Part.METRICS)
    lines.append(f"| a tenant's own metrics | provider | {dollars(being_there)} a month, whatever it sends | | |")
    return "\n".join(lines)


def _three(a_gib: float, a: Assumptions) -> str:
    million = a_gib * 1e6 * a.event_bytes / GIB
    return f"${a_gib:.5f} | ${million:.5f} | {dollars(a_gib * TIB)}"


def _items(a: Assumptions) -> str:
    lines = ["| a tenant of 100 GB a month, both paths, on Lambda | who pays | a month |", "|---|---|---:|"]
    items = tenant_costs(usage_of(100, METHODS, a), assumptions=a)
    lines += [f"| {item.part}: {item.what} | {item.payer} | {dollars(item.dollars)} |" for item in items]
    lines += [f"| **together** | {payer} | **{dollars(total(items, payer=payer))}** |" for payer in Payer]
    return "\n".join(lines)


def _outside(a: Assumptions) -> str:
    """Write what a GB costs that is delivered outside, with and without a network, and what is there anyway."""
    prices = list_prices()
    bills = [
        tenant_costs(usage_of(1, [OUTSIDE_METHOD], a), on_network=True, on_poller=poller, assumptions=a)
        for poller in (False, True)
    ]
    lines = [
        f"| a GB by `{OUTSIDE_METHOD}`, which the provider pays | on Lambda | on pollers |",
        "|---|---:|---:|",
    ]
    for on_lambda, on_poller in zip(*bills, strict=True):
        if on_lambda.part == OUTSIDE_METHOD:
            lines.append(f"| {on_lambda.what} | ${on_lambda.dollars:.5f} | ${on_poller.dollars:.5f} |")
    sums = (f"**${total(items, part=OUTSIDE_METHOD):.5f}**" for items in bills)
    fixed = [
        ("the outside's network, two zones: NAT gateways and their addresses", network_month(prices, 2, HOURS_A_MONTH)),
        ("the key that makes passes", prices.kms_key_month),
        ("a secret's value, of a config", prices.secretsmanager_secret_month),
    ]
    there = ["| whatever is delivered outside | a month |", "|---|---:|"]
    there += [f"| {what} | {dollars(price)} |" for what, price in fixed]
    return "\n".join([*lines, f"| **together** | {' | '.join(sums)} |", "", *there])


def _writes(a: Assumptions) -> str:
    prices = list_prices()
    lines = [
        "| writing a TB into the bucket | objects of " + " | ".join(f"{size:g} MiB" for size in OBJECT_MIB) + " |",
        "|---|" + "---:|" * len(OBJECT_MIB),
    ]
    ways: dict[str, Callable[[Assumptions], float]] = {
        "the agent itself": lambda sized: direct_writes(TIB, prices, sized),
        "Firehose, whole records, not taken apart": lambda sized: firehose(TIB, prices, sized, partitioned=False),
        "Firehose, whole records, by tenant": lambda sized: firehose(TIB, prices, sized),
        "Firehose, an event a record, by tenant": lambda sized: firehose(TIB, prices, sized, record_an_event=True),
    }
    for name, cost in ways.items():
        cells = [dollars(cost(replace(a, object_mib=size))) for size in OBJECT_MIB]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    saved = firehose(TIB, prices, a) - direct_writes(TIB, prices, a)
    return "\n".join(lines) + f"\n\nSaved by direct writes, objects of {a.object_mib:g} MiB: **{dollars(saved)} a TB**."


def _picture(a: Assumptions) -> str:
    prices = list_prices()
    lambda_, poller = (
        total(
            tenant_costs(usage_of(TIB, METHODS, a), on_poller=on_poller, assumptions=a),
            payer=Payer.PROVIDER,
            part="cloudwatch",
        )
        for on_poller in (False, True)
    )
    bars = {
        "agent's PUTs": direct_writes(TIB, prices, a),
        "poller": poller,
        "Lambda": lambda_,
        "Firehose": firehose(TIB, prices, a, partitioned=False),
        "by tenant": firehose(TIB, prices, a),
    }
    return (
        "```mermaid\nxychart-beta\n"
        '    title "USD a TB: writing, the processor to CloudWatch, and Firehose in place of writing"\n'
        f"    x-axis [{', '.join(f'"{name}"' for name in bars)}]\n"
        f"    bar [{', '.join(f'{value:.2f}' for value in bars.values())}]\n```"
    )


def main() -> None:
    """Print the section, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/cost.md")
    parser.add_argument(
        "assumptions", nargs="*", metavar="NAME=VALUE", help=", ".join(each.name for each in fields(Assumptions))
    )
    given = parser.parse_args()
    if given.write and given.assumptions:
        parser.error("the page goes by the committed assumptions: change runtime/costs/assumptions.py")
    if given.write:
        PAGE.write_text(renewed(PAGE.read_text(), MARK, section(Assumptions())))
    else:
        words = dict(word.split("=", 1) for word in given.assumptions)
        changes: dict[str, Any] = {name: float(value) for name, value in words.items()}
        print(section(replace(Assumptions(), **changes)))


if __name__ == "__main__":
    main()
