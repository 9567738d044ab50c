"""``logrouter replay``: deliver again, or for the first time, objects of the central bucket."""

import time
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Column, Table

from cli.client import Client
from cli.config_commands import AsJson, Tenant
from cli.connection import connection_of
from cli.output import console, print_fields, print_json, readable_problems
from cli.unknown_tenant import refuse_unknown_to_api
from runtime.api.schemas.deliveries import EstimateView, ReplayView

app = typer.Typer(no_args_is_help=True, help="Replay and backfill: deliver again, or for the first time.")
POLL_SECONDS = 2.0
ReplayId = Annotated[str, typer.Argument(metavar="ID", help="as `replay start` printed it")]


@app.command("start")
def start_replay(
    context: typer.Context,
    tenant: Tenant,
    *,
    type_: Annotated[str | None, typer.Option("--type", help="to one delivery config; else to all")] = None,
    application: Annotated[str | None, typer.Option("--application")] = None,
    cluster_id: Annotated[str | None, typer.Option("--cluster-id")] = None,
    since: Annotated[str | None, typer.Option("--since", help="ISO 8601 with a zone: 2026-11-20T00:00:00Z")] = None,
    until: Annotated[str | None, typer.Option("--until", help="exclusive")] = None,
    keys: Annotated[typer.FileText | None, typer.Option("--keys", help="a file of object keys, one a line")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="all of the tenant's objects")] = False,
    per_second: Annotated[float, typer.Option("--per-second", help="deliveries started in a second")] = 20,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask for confirmation after the estimate")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="estimate only")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="show its progress until it ends")] = False,
) -> None:
    """Count and estimate, ask, then start."""
    asked: dict[str, Any] = {
        "type": type_,
        "application": application,
        "cluster_id": cluster_id,
        "since": since,
        "until": until,
        "object_keys": [line.strip() for line in keys if line.strip()] if keys else None,
        "everything": everything or None,
        "per_second": per_second,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    with readable_problems():
        client = connection_of(context).client()
        estimated = client.start_replay(tenant, {**asked, "dry_run": True}).estimate
        assert estimated is not None
        _print_estimate(estimated, tenant)
        if dry_run:
            return
        if not yes:
            typer.confirm("start it?", abort=True)
        started = client.start_replay(tenant, asked)
        console.print(f"started {started.id}", markup=False)
        if wait:
            _follow(client, tenant, started)


@app.command("show")
def show_replay(context: typer.Context, tenant: Tenant, replay_id: ReplayId, *, as_json: AsJson = False) -> None:
    """Show how far a replay is."""
    with readable_problems():
        replay = connection_of(context).client().replay(tenant, replay_id)
    if as_json:
        print_json(replay.model_dump())
        return
    print_fields(replay.model_dump(exclude_none=True), f"{tenant} {replay_id}")


@app.command("list")
def list_replays(context: typer.Context, tenant: Tenant, *, as_json: AsJson = False) -> None:
    """List a tenant's replays."""
    with readable_problems():
        client = connection_of(context).client()
        found = client.replays(tenant).replays
        if not found:
            refuse_unknown_to_api(client, tenant)
    if as_json:
        print_json([each.model_dump() for each in found])
        return
    table = Table(
        Column("id", no_wrap=True, overflow="fold"),
        "state",
        "started",
        "objects",
        "deliveries",
        "of",
        title=f"Replays of {tenant}",
    )
    for each in found:
        total = "" if each.total_deliveries is None else f"{each.total_deliveries:,}"
        started = (each.started_at or "")[:19]
        table.add_row(each.id, each.state, started, f"{each.objects:,}", f"{each.deliveries:,}", total)
    console.print(table)


@app.command("cancel")
def cancel_replay(context: typer.Context, tenant: Tenant, replay_id: ReplayId) -> None:
    """End a running replay; deliveries that it has started continue."""
    with readable_problems():
        connection_of(context).client().cancel_replay(tenant, replay_id)
    console.print(f"cancelled {replay_id}", markup=False)


def _print_estimate(counted: EstimateView, tenant: str) -> None:
    more = "" if counted.complete else "at least "
    fields = {
        "objects": f"{more}{counted.objects:,}",
        "bytes": f"{more}{counted.bytes:,} compressed",
        "deliveries": f"{more}{counted.deliveries:,}",
        "by type": ", ".join(f"{name}: {count:,}" for name, count in counted.by_type.items()),
        "takes": f"{more}{counted.seconds:,.0f} s to start",
        "costs the provider": f"about ${counted.provider_cost:,.2f}",
        "costs the customer": f"about ${counted.customer_cost:,.2f} (CloudWatch ingestion, gzip at 1:10)",
        "too old": f"{counted.too_old:,} objects are older than CloudWatch accepts: their events are set aside"
        if counted.too_old
        else None,
    }
    print_fields({name: value for name, value in fields.items() if value}, f"Replay for {tenant}")


def _follow(client: Client, tenant: str, replay: ReplayView) -> None:
    with Progress(console=console) as progress:
        task = progress.add_task("deliveries started", total=replay.total_deliveries)
        while replay.state == "running":
            time.sleep(POLL_SECONDS)
            assert replay.id is not None
            replay = client.replay(tenant, replay.id)
            progress.update(task, completed=replay.deliveries)
    console.print(f"{replay.state}: {replay.deliveries:,} deliveries of {replay.objects:,} objects", markup=False)
