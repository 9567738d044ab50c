"""``logrouter doctor``: what is wrong with a deployment, and what to change."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cli.connection import connection_of
from cli.doctor.canary import Canary, CanaryArrival
from cli.doctor.checks import run_checks
from cli.doctor.deployment import DeployedRegion, Finding
from cli.exit_status import ExitStatus
from cli.operation.sources import Sources
from cli.output import output_options, present
from cli.unknown_tenant import refuse_unknown


def doctor(
    context: typer.Context,
    tenants: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TENANT]...", help="whose configs and roles are checked; without, the first 20"),
    ] = None,
    *,
    canary: Annotated[
        str | None, typer.Option("--canary", metavar="TENANT", help="write a test line for the tenant and follow it")
    ] = None,
) -> None:
    """Check stacks, names, queues, notifications, environments, tables, configs, and try the roles. Status 1: findings.

    With --canary one line goes through every hop, and how long it took is shown.
    """
    deployment = DeployedRegion(Sources(connection_of(context).installation()))
    for tenant in tenants or ():
        refuse_unknown(deployment.sources, tenant)
    findings: list[Finding] = []
    arrivals: list[CanaryArrival] = []
    for checked in run_checks(deployment, tenants or ()):
        findings += checked.findings
        _say(checked.what, checked.findings)
    if canary:
        arrivals, missing = Canary(deployment, canary).run()
        findings += missing
        _say("A canary line reaches each destination", missing)
        for each in arrivals:
            _line(f"      {canary} {each.type}: {each.seconds:.1f} s after it was written")
    if output_options().for_programs:
        present({"findings": list(map(asdict, findings)), "canary": list(map(asdict, arrivals))})
    if findings:
        raise typer.Exit(ExitStatus.FINDINGS)


def _say(what: str, findings: Sequence[Finding]) -> None:
    """Print a check as it ends: all of them take half a minute."""
    _line(f"{'wrong' if findings else 'ok':5} {what}", fg="red" if findings else "green")
    for each in findings:
        _line(f"      {each.subject}: {each.wrong}")
        _line(f"        to do: {each.change}")


def _line(text: str, fg: str | None = None) -> None:
    if not output_options().for_programs:
        typer.secho(text, fg=fg)
