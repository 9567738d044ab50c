"""``logrouter config``: a tenant's delivery configs."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.client import ConfigDocument
from cli.connection import connection_of
from cli.output import console, print_fields, print_json, readable_problems
from cli.unknown_tenant import refuse_unknown_to_api
from runtime.api.schemas.delivery_configs import InvalidStored
from runtime.delivery_config.writing import SERVICE_FIELDS

app = typer.Typer(no_args_is_help=True, help="A tenant's delivery configs: where its logs go, and which of them.")

Tenant = Annotated[str, typer.Argument(metavar="TENANT", help="the tenant's id")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="cloudwatch, s3, or one of them with a :name")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]
Etag = Annotated[str | None, typer.Option("--if-match", help="only if it still has this ETag")]
FieldsFile = Annotated[typer.FileText, typer.Argument(metavar="FILE", help="a JSON object; - reads standard input")]


@app.command("list")
def list_configs(context: typer.Context, tenant: Tenant, *, as_json: AsJson = False) -> None:
    """List a tenant's configs."""
    with readable_problems():
        client = connection_of(context).client()
        found = list(client.list(tenant))
        if not found:
            refuse_unknown_to_api(client, tenant)
    if as_json:
        print_json([dict(each.fields) if isinstance(each, ConfigDocument) else each.model_dump() for each in found])
        return
    table = Table("type", "enabled", "destination", "filter", "updated", title=f"Delivery configs of {tenant}")
    for each in found:
        table.add_row(*_row(each), style="red" if isinstance(each, InvalidStored) else None)
    console.print(table)


@app.command("get")
def get_config(context: typer.Context, tenant: Tenant, type_: Type, *, as_json: AsJson = False) -> None:
    """Show one config, and what its filter really selects."""
    with readable_problems():
        client = connection_of(context).client()
        stored, effective = client.get(tenant, type_), client.effective(tenant, type_)
    if as_json:
        print_json({**stored.fields, "etag": stored.etag})
        return
    selected = "everything" if effective.everything else ", ".join(effective.applications) or "nothing"
    print_fields({**stored.fields, "selects": selected, "etag": stored.etag}, f"{tenant} {type_}")


@app.command("put")
def put_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    file: FieldsFile,
    *,
    etag: Etag = None,
    new: Annotated[bool, typer.Option("--new", help="create it; refused where it exists")] = False,
) -> None:
    """Replace a whole config by a file, or with --new create it."""
    fields = {name: value for name, value in _read(file).items() if name not in SERVICE_FIELDS | {"etag"}}
    with readable_problems():
        stored = connection_of(context).client().put(tenant, type_, fields, etag=etag, new=new)
    print_fields(stored.fields, f"{tenant} {type_}")


@app.command("patch")
def patch_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    changes: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="VALUE is JSON, or text; null removes")],
    *,
    etag: Etag = None,
) -> None:
    """Change fields: enabled=false groups='["API"]' target_region=null."""
    with readable_problems():
        stored = connection_of(context).client().patch(tenant, type_, dict(map(_change, changes)), etag=etag)
    print_fields(stored.fields, f"{tenant} {type_}")


@app.command("delete")
def delete_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    *,
    etag: Etag = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
) -> None:
    """Delete a config: nothing more is delivered by it."""
    if not yes:
        typer.confirm(f"delete {type_} of {tenant}?", abort=True)
    with readable_problems():
        connection_of(context).client().delete(tenant, type_, etag=etag)
    console.print(f"deleted {type_} of {tenant}", markup=False)


@app.command("match")
def match_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="application names, or whole object keys")],
    *,
    file: Annotated[Path | None, typer.Option("--config", help="try this JSON file instead of what is stored")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a config would deliver, before anything is saved."""
    keys = [name for name in names if "/" in name]
    applications = [name for name in names if "/" not in name]
    with readable_problems():
        config = None if file is None else json.loads(file.read_text())
        client = connection_of(context).client()
        verdicts = client.match(tenant, type_, applications=applications, object_keys=keys, config=config).verdicts
    if as_json:
        print_json([verdict.model_dump(exclude_none=True) for verdict in verdicts])
        return
    table = Table("name", "delivered", "reason")
    for verdict in verdicts:
        delivered = "[green]yes[/]" if verdict.delivered else "no"
        table.add_row(verdict.application or verdict.object_key, delivered, verdict.reason)
    console.print(table)


def _row(each: ConfigDocument | InvalidStored) -> tuple[str, ...]:
    if isinstance(each, InvalidStored):
        return (each.type, "invalid", "", each.problem, "")
    fields = each.fields
    destination = fields.get("log_group_name") or f"s3://{fields.get('bucket_name')}/{fields.get('bucket_prefix', '')}"
    names = [*fields["groups"], *fields["desired_logs"]]
    enabled = "yes" if fields["enabled"] else "no"
    return (each.type, enabled, destination, ", ".join(names) or "everything", str(fields.get("updated_at", ""))[:19])


def _read(file: Any) -> dict[str, Any]:
    try:
        fields = json.load(file)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise typer.BadParameter("must be a JSON object")
    return fields


def _change(word: str) -> tuple[str, Any]:
    name, separator, value = word.partition("=")
    if not separator:
        raise typer.BadParameter(f"{word!r} is not FIELD=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
