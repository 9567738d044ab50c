"""What a verification would make and cost, to be agreed to before anything is made."""

from collections import Counter
from pathlib import Path

from rich.table import Table

from local.accounting.events import events_of, text_of
from local.deployment.onboarding import STACK
from local.loader.day_shift import utc_now
from local.loader.objects import log_objects
from local.verification.assembly import resources, stacks_in_order
from local.verification.record import Made
from runtime.costs.assumptions import GIB, HOURS_A_MONTH
from runtime.costs.prices import list_prices
from runtime.costs.tenant import Delivered, Item, Usage, tenant_costs, total

HOURS = 1.0
"""A run takes less; AWS bills most of it by use, metrics, alarms and keys by the hour."""


def plan_table(made: Made, assembly: Path) -> Table:
    """List every stack that would be made, with what is in it."""
    table = Table("account", "stack", "holds", title=f"To be created in {made.region}, and removed at the end")
    for account, name in made.stacks:
        artifact = STACK if name == STACK else name
        if (assembly / f"{artifact}.template.json").exists():
            counted = sorted(resources(assembly, artifact).items())
            holds = ", ".join(f"{count} {type_.removeprefix('AWS::')}" for type_, count in counted)
        else:
            holds = "the CDK's bootstrap: a bucket, a repository, five roles"
        table.add_row(account, name, holds)
    return table


def expected_dollars(assembly: Path) -> float:
    """Return what a run costs by list prices; the customers' part too, which this user pays as well."""
    return total(_of_the_logs()) + _of_being_there(assembly)


def _of_being_there(assembly: Path) -> float:
    """Price what is billed by its time, whether it is used or not."""
    prices = list_prices()
    a_month = {
        "AWS::CloudWatch::Alarm": prices.cloudwatch_alarm_month,
        "AWS::CloudWatch::Dashboard": prices.cloudwatch_dashboard_month,
        "AWS::KMS::Key": prices.kms_key_month,
    }
    counted = sum((resources(assembly, stack) for stack in stacks_in_order(assembly)), Counter())
    return sum(counted[type_] * dollars for type_, dollars in a_month.items()) * HOURS / HOURS_A_MONTH


def _of_the_logs() -> list[Item]:
    objects = list(log_objects(utc_now()))
    gib = sum(len(text_of(each.body)) for each in objects) / GIB
    events = sum(len(events_of(each)) for each in objects)
    count = len(objects)
    usage = Usage(
        days=HOURS / 24,
        objects=count,
        gib=gib,
        delivered={method: Delivered(objects=count, gib=gib, events=events) for method in ("cloudwatch", "s3")},
    )
    return tenant_costs(usage)
