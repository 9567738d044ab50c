"""``logrouter doctor``: what is wrong with a deployment, and what to change."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cli.config_commands import AsJson
from cli.connection import connection_of
from cli.doctor.canary import Canary, CanaryArrival
from cli.doctor.checks import run_checks
from cli.doctor.deployment import DeployedRegion, Finding
from cli.operation.sources import Sources
from cli.output import console, print_json, readable_problems


def doctor(
    context: typer.Context,
    tenants: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TENANT]...", help="tenants tenants whose configs and roles are checked are checked"),
    ] = None,
    *,
    canary: Annotated[
        str | None, typer.Option("--canary", metavar="TENANT", help="write a test line for the tenant and follow it")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check stacks, names, queues, notifications, environments, tables, configs, and try the roles. Status 1: findings.

    With --canary one line goes through every hop, and how long it took is shown.
    """
    deployment = DeployedRegion(Sources(connection_of(context).installation()))
    findings: list[Finding] = []
    arrivals: list[CanaryArrival] = []
    with readable_problems():
        for checked in run_checks(deployment, tenants or ()):
            findings += checked.findings
            if not as_json:
                _print(checked.what, checked.findings)
        if canary:
            arrivals, missing = Canary(deployment, canary).run()
            findings += missing
            if not as_json:
                _print("A canary line reaches each destination", missing)
                for each in arrivals:
                    console.print(
                        f"      {canary} {each.type}: {each.seconds:.1f} s after it was written", markup=False
                    )
    if as_json:
        print_json({"findings": list(map(asdict, findings)), "canary": list(map(asdict, arrivals))})
    if findings:
        raise typer.Exit(1)


def _print(what: str, findings: Sequence[Finding]) -> None:
    style = "bold red" if findings else "green"
    console.print(f"{'wrong' if findings else 'ok':5} {what}", style=style, markup=False)
    for each in findings:
        console.print(f"      {each.subject}: {each.wrong}", markup=False)
        console.print(f"        to do: {each.change}", markup=False, style="dim")
