"""``logrouter alerts``: a tenant's alert rules, and the ready-made ones."""

from typing import Annotated, Any

import typer

from cli.alert_calls import RuleDocument
from cli.config_commands import Etag, FieldsFile, Tenant, read_object
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import present
from cli.text_table import WRONG, Note, TextTable, count, identifier
from runtime.api.schemas.alert_rules import InvalidRuleView
from runtime.delivery_config.writing import SERVICE_FIELDS

app = typer.Typer(no_args_is_help=True, help="A tenant's alert rules: which lines somebody is notified of, and how.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="the rule's name")]


@app.command("ready-made")
def list_ready_made(context: typer.Context) -> None:
    """List the ready-made rules for control planes."""
    rules = connection_of(context).client().ready_made_alert_rules().rules
    rows = [(each.name, each.title, each.count, each.window_seconds) for each in rules]
    columns = (identifier("name"), "fires when", count("lines"), count("within_seconds"))
    present([each.model_dump() for each in rules], TextTable("Ready-made alert rules", columns, rows))


@app.command("list")
def list_rules(context: typer.Context, tenant: Tenant) -> None:
    """List a tenant's alert rules."""
    found = list(connection_of(context).client().alert_rules(tenant))
    document = [dict(each.fields) if isinstance(each, RuleDocument) else each.model_dump() for each in found]
    columns = (identifier("name"), "enabled", "looks for", "fires after", "notifies", "updated")
    wrong = {index: WRONG for index, each in enumerate(found) if isinstance(each, InvalidRuleView)}
    present(document, TextTable(f"Alert rules of {tenant}", columns, [*map(_row, found)], wrong))


@app.command("get")
def get_rule(context: typer.Context, tenant: Tenant, name: Name) -> None:
    """Show one alert rule."""
    _present_rule(connection_of(context).client().alert_rule(tenant, name), tenant)


@app.command("put")
def put_rule(
    context: typer.Context,
    tenant: Tenant,
    name: Name,
    file: FieldsFile,
    *,
    etag: Etag = None,
    new: Annotated[bool, typer.Option("--new", help="create it; refused where it exists")] = False,
) -> None:
    """Replace a whole alert rule by a file, or with --new create it."""
    fields = {name: value for name, value in read_object(file).items() if name not in SERVICE_FIELDS | {"etag"}}
    stored = connection_of(context).client().put_alert_rule(tenant, name, fields, etag=etag, new=new)
    _present_rule(stored, tenant)


@app.command("delete")
def delete_rule(
    context: typer.Context,
    tenant: Tenant,
    name: Name,
    *,
    etag: Etag = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
) -> None:
    """Delete an alert rule: nobody is notified by it any more."""
    if not yes:
        typer.confirm(f"delete alert rule {name} of {tenant}?", abort=True, err=True)
    connection_of(context).client().delete_alert_rule(tenant, name, etag=etag)
    present({"deleted": {"tenant_id": tenant, "name": name}}, Note(f"deleted alert rule {name} of {tenant}"))


def _present_rule(stored: RuleDocument, tenant: str) -> None:
    shown = {**stored.fields, "etag": stored.etag}
    present(shown, fields_of(shown, f"{tenant} {stored.fields['name']}"))


def _row(each: RuleDocument | InvalidRuleView) -> tuple[Any, ...]:
    if isinstance(each, InvalidRuleView):
        return (each.name, "invalid", f"wrong: {', '.join(each.fields)}", "", "", "")
    fields = each.fields
    parts = [fields.get("ready_made"), fields.get("level") and f"{fields['level']} and above", *fields["contains"]]
    after = f"{fields['count']} within {fields['window_seconds']} s"
    notice = fields["notify"]
    target = notice.get("topic_arn") or notice.get("event_bus_arn")
    updated = str(fields.get("updated_at", ""))[:19]
    return (fields["name"], fields["enabled"], ", ".join(filter(None, parts)), after, target, updated)
