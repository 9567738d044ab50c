"""``logrouter tenant``: one tenant's record, which binds its delivery configs. ``logrouter tenants`` lists all."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.client import TenantDocument
from cli.config_commands import Etag, Tenant, field_change
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import present

app = typer.Typer(
    no_args_is_help=True,
    help="One tenant's record: its accounts, clusters and Regions; suspend it, resume it, let it leave.",
)
FIELDS = "FIELD=VALUE…"
Yes = Annotated[bool, typer.Option("--yes", help="don't ask")]


@app.command("create")
def create_tenant(
    context: typer.Context,
    tenant: Tenant,
    fields: Annotated[list[str] | None, typer.Argument(metavar=FIELDS, help="VALUE is JSON, or text")] = None,
) -> None:
    """Create a tenant: accounts='["222222222222"]' allowed_regions='["eu-central-1"]'."""
    given = dict(map(field_change, fields or ()))
    _present(connection_of(context).client().create_tenant({"tenant_id": tenant, **given}), tenant)


@app.command("show")
def show_tenant(context: typer.Context, tenant: Tenant) -> None:
    """Show a tenant's record."""
    _present(connection_of(context).client().tenant(tenant), tenant)


@app.command("patch")
def patch_tenant(
    context: typer.Context,
    tenant: Tenant,
    changes: Annotated[list[str], typer.Argument(metavar=FIELDS, help="VALUE is JSON, or text; null removes")],
    *,
    etag: Etag = None,
) -> None:
    """Change fields: cluster_ids='["c-1"]' allowed_regions=null."""
    _change(context, tenant, dict(map(field_change, changes)), etag=etag)


@app.command("suspend")
def suspend_tenant(context: typer.Context, tenant: Tenant) -> None:
    """Suspend a tenant: nothing is tried, its deliveries park."""
    _change(context, tenant, {"state": "suspended"})


@app.command("resume")
def resume_tenant(context: typer.Context, tenant: Tenant) -> None:
    """Resume a suspended tenant, or one that was to leave: what is parked for it is handed over."""
    _change(context, tenant, {"state": "active"})


@app.command("leave")
def let_tenant_leave(context: typer.Context, tenant: Tenant, *, yes: Yes = False) -> None:
    """Let a tenant leave: waiting deliveries finish, new objects are counted and no longer delivered."""
    if not yes:
        typer.confirm(f"let {tenant} leave? its new logs are no longer delivered", abort=True, err=True)
    _change(context, tenant, {"state": "leaving"})


def _change(context: typer.Context, tenant: str, changes: Mapping[str, Any], *, etag: str | None = None) -> None:
    _present(connection_of(context).client().patch_tenant(tenant, changes, etag=etag), tenant)


def _present(stored: TenantDocument, tenant: str) -> None:
    present({**stored.fields, "etag": stored.etag}, fields_of({**stored.fields, "etag": stored.etag}, tenant))
