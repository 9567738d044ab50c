"""What a verification would make and cost, to be agreed to before anything is made."""

from pathlib import Path

from rich.table import Table

from local.accounting.events import events_of, text_of
from local.deployment.onboarding import STACK
from local.loader.day_shift import utc_now
from local.loader.objects import log_objects
from local.verification.assembly import resources
from local.verification.record import Made
from runtime.costs.assumptions import GIB
from runtime.costs.tenant import Item, Usage, tenant_costs, total

HOURS = 1.0
"""A run takes less; AWS bills most of it by use, metrics by the hour."""


def plan_table(made: Made, assembly: Path) -> Table:
    """List every stack that would be made, with what is in it."""
    table = Table("account", "stack", "holds", title=f"To be made in {made.region}, and removed at the end")
    for account, name in made.stacks:
        artifact = STACK if name == STACK else name
        if (assembly / f"{artifact}.template.json").exists():
            counted = sorted(resources(assembly, artifact).items())
            holds = ", ".join(f"{count} {type_.removeprefix('AWS::')}" for type_, count in counted)
        else:
            holds = "the CDK's bootstrap: a bucket, a repository, five roles"
        table.add_row(account, name, holds)
    return table


def expected_costs() -> list[Item]:
    """Say what the recorded logs come to by list prices; the customers' part too, which this user pays as well."""
    objects = list(log_objects(utc_now()))
    gib = sum(len(text_of(each.body)) for each in objects) / GIB
    events = sum(len(events_of(each)) for each in objects)
    count = len(objects)
    usage = Usage(
        days=HOURS / 24,
        objects=count,
        gib=gib,
        sent_objects=count,
        sent_gib=gib,
        sent_events=events,
        copied_objects=count,
        copied_gib=gib,
    )
    return tenant_costs(usage)


def expected_dollars() -> float:
    """Add them up."""
    return total(expected_costs())
