"""``logrouter config``: a tenant's delivery configs."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.client import ConfigDocument
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import output_options, present, warn
from cli.text_table import WRONG, Note, TextTable, identifier
from cli.unknown_tenant import refuse_unknown_to_api
from runtime.api.schemas.delivery_configs import InvalidStored
from runtime.delivery_config.service_fields import SERVICE_FIELDS

app = typer.Typer(no_args_is_help=True, help="A tenant's delivery configs: where its logs go, and which of them.")

KNOWN_BY = ("log_group_name", "url", "topic", "function_arn")
"""Fields that say by themselves where a config delivers to, whichever method has them."""

Tenant = Annotated[str, typer.Argument(metavar="TENANT", help="the tenant's id")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="its type: cloudwatch, webhook, s3:archive-eu …")]
Etag = Annotated[str | None, typer.Option("--if-match", help="only if it still has this ETag")]
AfterTest = Annotated[bool, typer.Option("--enable-after-test", help="enable it once a test delivery has passed")]
FieldsFile = Annotated[typer.FileText, typer.Argument(metavar="FILE", help="a JSON object; - reads standard input")]


@app.command("list")
def list_configs(context: typer.Context, tenant: Tenant) -> None:
    """List a tenant's configs."""
    client = connection_of(context).client()
    found = list(client.list(tenant))
    if not found:
        refuse_unknown_to_api(client, tenant)
    document = [dict(each.fields) if isinstance(each, ConfigDocument) else each.model_dump() for each in found]
    columns = (identifier("type"), "enabled", "destination", "filter", "updated")
    wrong = {index: WRONG for index, each in enumerate(found) if isinstance(each, InvalidStored)}
    present(document, TextTable(f"Delivery configs of {tenant}", columns, [*map(_row, found)], wrong))


@app.command("get")
def get_config(context: typer.Context, tenant: Tenant, type_: Type) -> None:
    """Show one config, and what its filter really selects."""
    client = connection_of(context).client()
    stored, effective = client.get(tenant, type_), client.effective(tenant, type_)
    selected = "everything" if effective.everything else ", ".join(effective.applications) or "nothing"
    _present_config(stored, f"{tenant} {type_}", {"selects": selected, "etag": stored.etag})


@app.command("put")
def put_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    file: FieldsFile,
    *,
    etag: Etag = None,
    new: Annotated[bool, typer.Option("--new", help="create it; refused where it exists")] = False,
    after_test: AfterTest = False,
) -> None:
    """Replace a whole config by a file, or with --new create it."""
    fields = {name: value for name, value in read_object(file).items() if name not in SERVICE_FIELDS | {"etag"}}
    stored = connection_of(context).client().put(tenant, type_, fields, etag=etag, new=new, after_test=after_test)
    _present_config(stored, f"{tenant} {type_}")


@app.command("patch")
def patch_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    changes: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="VALUE is JSON, or text; null removes")],
    *,
    etag: Etag = None,
    after_test: AfterTest = False,
) -> None:
    """Change fields: enabled=false groups='["API"]' target_region=null."""
    client, fields = connection_of(context).client(), dict(map(field_change, changes))
    stored = client.patch(tenant, type_, fields, etag=etag, after_test=after_test)
    _present_config(stored, f"{tenant} {type_}")


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
        typer.confirm(f"delete {type_} of {tenant}?", abort=True, err=True)
    connection_of(context).client().delete(tenant, type_, etag=etag)
    present({"deleted": {"tenant_id": tenant, "type": type_}}, Note(f"deleted {type_} of {tenant}"))


@app.command("match")
def match_config(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="application names, or whole object keys")],
    *,
    file: Annotated[
        typer.FileText | None, typer.Option("--config", help="try this JSON file instead of what is stored")
    ] = None,
) -> None:
    """Show what a config would deliver, before anything is saved."""
    keys = [name for name in names if "/" in name]
    applications = [name for name in names if "/" not in name]
    config = None if file is None else read_object(file)
    client = connection_of(context).client()
    verdicts = client.match(tenant, type_, applications=applications, object_keys=keys, config=config).verdicts
    rows = [(each.application or each.object_key, each.delivered, each.reason) for each in verdicts]
    document = [each.model_dump(exclude_none=True) for each in verdicts]
    present(document, TextTable(f"By {type_} of {tenant}", (identifier("name"), "delivered", "reason"), rows))


def _present_config(stored: ConfigDocument, title: str, more: dict[str, Any] | None = None) -> None:
    """Print one config; what is allowed but hardly meant goes to standard error, or is in the JSON."""
    shown = {name: value for name, value in stored.fields.items() if name != "warnings"} | (more or {})
    present({**stored.fields, "etag": stored.etag}, fields_of(shown, title))
    if not output_options().for_programs:
        for warning in stored.warnings:
            warn(f"warning: {warning}")
        if stored.test_id:
            see = f"logrouter test {stored.fields['tenant_id']} {stored.type} --id {stored.test_id}"
            warn(f"disabled until its test has passed: {see}")


def _row(each: ConfigDocument | InvalidStored) -> tuple[Any, ...]:
    if isinstance(each, InvalidStored):
        return (each.type, "invalid", "", each.problem, "")
    fields = each.fields
    names = [*fields["groups"], *fields["desired_logs"]]
    return (
        each.type,
        fields["enabled"],
        _destination(fields),
        ", ".join(names) or "everything",
        str(fields.get("updated_at", ""))[:19],
    )


def _destination(fields: Mapping[str, Any]) -> str:
    """Return what a destination is known by, of whichever method; empty where none of its fields says so alone."""
    if bucket := fields.get("bucket_name"):
        return f"s3://{bucket}/{fields.get('bucket_prefix', '')}"
    return str(next((fields[name] for name in KNOWN_BY if fields.get(name)), ""))


def read_object(file: Any) -> dict[str, Any]:
    """Return the JSON object that a file holds."""
    try:
        fields = json.load(file)
    except ValueError as error:
        raise typer.BadParameter(f"{file.name} isn't JSON: {error}") from None
    if not isinstance(fields, dict):
        raise typer.BadParameter(f"{file.name} must hold a JSON object")
    return fields


def field_change(word: str) -> tuple[str, Any]:
    """Return the name and the value of FIELD=VALUE."""
    name, separator, value = word.partition("=")
    if not separator:
        raise typer.BadParameter(f"{word!r} is not FIELD=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
