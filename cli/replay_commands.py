"""``logrouter replay``: deliver again, or for the first time, objects of the central bucket."""

import time
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.config_commands import Tenant
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import present, warn
from cli.text_table import Column, Note, TextTable, count, identifier
from cli.unknown_tenant import refuse_unknown_to_api
from runtime.api.schemas.deliveries import EstimateView, ReplayView

app = typer.Typer(no_args_is_help=True, help="Replay and backfill: deliver again, or for the first time.")
POLL_SECONDS = 2.0
SAY_SECONDS = 10.0
TOTAL = Column("of", right=True, show=lambda total: "" if total is None else f"{total:,}")
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
    client = connection_of(context).client()
    estimated = client.start_replay(tenant, {**asked, "dry_run": True})
    assert estimated.estimate is not None
    shown = _estimate(estimated.estimate, tenant)
    if dry_run:
        present(estimated.model_dump(exclude_none=True), shown)
        return
    if not yes:
        warn(shown.tsv())
        typer.confirm("start it?", abort=True, err=True)
    replay = client.start_replay(tenant, asked)
    if wait:
        replay = _follow(client, tenant, replay)
    ended = "started" if replay.state == "running" else replay.state
    text = f"{ended} {replay.id}: {replay.deliveries:,} deliveries of {replay.objects:,} objects"
    present(replay.model_dump(exclude_none=True), *([shown] if yes else []), Note(text))


@app.command("show")
def show_replay(context: typer.Context, tenant: Tenant, replay_id: ReplayId) -> None:
    """Show how far a replay is."""
    replay = connection_of(context).client().replay(tenant, replay_id)
    present(replay.model_dump(), fields_of(replay.model_dump(exclude_none=True), f"{tenant} {replay_id}"))


@app.command("list")
def list_replays(context: typer.Context, tenant: Tenant) -> None:
    """List a tenant's replays."""
    client = connection_of(context).client()
    found = client.replays(tenant).replays
    if not found:
        refuse_unknown_to_api(client, tenant)
    columns = (identifier("id"), "state", "started", count("objects"), count("deliveries"), TOTAL)
    rows = [
        (each.id, each.state, (each.started_at or "")[:19], each.objects, each.deliveries, each.total_deliveries)
        for each in found
    ]
    present([each.model_dump() for each in found], TextTable(f"Replays of {tenant}", columns, rows))


@app.command("cancel")
def cancel_replay(context: typer.Context, tenant: Tenant, replay_id: ReplayId) -> None:
    """End a running replay; deliveries that it has started continue."""
    connection_of(context).client().cancel_replay(tenant, replay_id)
    present({"cancelled": {"tenant_id": tenant, "id": replay_id}}, Note(f"cancelled {replay_id}"))


def _estimate(counted: EstimateView, tenant: str) -> TextTable:
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
    return fields_of(fields, f"Replay for {tenant}")


def _follow(client: Client, tenant: str, replay: ReplayView) -> ReplayView:
    """Wait until a replay ends; say how far it is every ten seconds."""
    said = time.monotonic()
    while replay.state == "running":
        time.sleep(POLL_SECONDS)
        assert replay.id is not None
        replay = client.replay(tenant, replay.id)
        if time.monotonic() - said >= SAY_SECONDS:
            said = time.monotonic()
            of = "" if replay.total_deliveries is None else f" of {replay.total_deliveries:,}"
            warn(f"{replay.deliveries:,}{of} deliveries started")
    return replay
