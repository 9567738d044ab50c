"""``logrouter alerts``: a tenant's alert rules, what fires by them, the ready-made ones, a trial on stored lines."""

from typing import Annotated, Any

import typer

from cli.api_calls import StoredDocument
from cli.config_commands import Etag, FieldsFile, Tenant, read_object
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import present
from cli.text_table import WRONG, Note, TextTable, count, identifier
from runtime.api.schemas.alert_rules import InvalidRuleView
from runtime.api.schemas.alert_trials import AlertTrialView
from runtime.delivery_config.service_fields import SERVICE_FIELDS

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
    document = [dict(each.fields) if isinstance(each, StoredDocument) else each.model_dump() for each in found]
    columns = (identifier("name"), "enabled", "looks for", "fires after", "notifies", "updated")
    wrong = {index: WRONG for index, each in enumerate(found) if isinstance(each, InvalidRuleView)}
    present(document, TextTable(f"Alert rules of {tenant}", columns, [*map(_row, found)], wrong))


@app.command("fired")
def list_fired(context: typer.Context, tenant: Tenant) -> None:
    """List what fires, since when, and what was resolved within the last hour or longer."""
    found = list(connection_of(context).client().alerts(tenant))
    rows = [
        (each.rule, each.state, " ".join(each.key.values()), each.first_at, each.last_at, each.joined, each.unsent)
        for each in found
    ]
    columns = (identifier("rule"), "state", "of", "since", "last line", count("joined"), count("unsent"))
    document = [each.model_dump(exclude_none=True) for each in found]
    present(document, TextTable(f"Alerts of {tenant}", columns, rows))


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
    stored = connection_of(context).client().put_alert_rule(tenant, name, _written(file), etag=etag, new=new)
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


@app.command("try")
def try_rules(
    context: typer.Context,
    tenant: Tenant,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="stored rules; by default all")] = None,
    *,
    file: Annotated[typer.FileText | None, typer.Option("--rule", help="a rule in this JSON file instead")] = None,
    since: Annotated[str | None, typer.Option("--since", help="ISO 8601 with a zone; by default an hour ago")] = None,
    until: Annotated[str | None, typer.Option("--until", help="by default now; at most a day after --since")] = None,
    application: Annotated[str | None, typer.Option("--application")] = None,
    cluster_id: Annotated[str | None, typer.Option("--cluster-id")] = None,
) -> None:
    """Show what rules would have fired over the tenant's stored objects, and when. Nobody is notified."""
    asked: dict[str, Any] = {
        "names": names or None,
        "rules": [{"name": "tried", **_written(file)}] if file else None,
        "since": since,
        "until": until,
        "applications": [application] if application else None,
        "cluster_ids": [cluster_id] if cluster_id else None,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    trial = connection_of(context).client().try_alert_rules(tenant, asked)
    rows = [
        (each.at, each.rule, each.kind, each.matches, " ".join(each.key.values()), each.sample)
        for each in trial.notifications
    ]
    columns = ("at", identifier("rule"), "state", count("lines"), "of", "last line")
    title = f"What would have fired for {tenant} from {trial.since} to {trial.through}"
    present(trial.model_dump(), TextTable(title, columns, rows), *map(Note, _summary(trial)))


def _summary(trial: AlertTrialView) -> list[str]:
    """Return what was read, and what went wrong."""
    matched = ", ".join(f"{count} {name}" for name, count in trial.matches.items()) or "no rule"
    found = [f"{trial.objects:,} objects, {trial.lines:,} lines, {trial.marked:,} of them copied; matched: {matched}"]
    found += [
        f"{name}: {what} ({lines:,} lines)" for name, each in trial.problems.items() for what, lines in each.items()
    ]
    if trial.left_out:
        found.append(f"{trial.left_out:,} further notifications aren't shown")
    if not trial.complete:
        found.append(f"there was no time for all objects: go on with --since {trial.through}")
    return found


def _written(file: Any) -> dict[str, Any]:
    """Return a rule's fields without those that the service sets."""
    return {name: value for name, value in read_object(file).items() if name not in SERVICE_FIELDS | {"etag"}}


def _present_rule(stored: StoredDocument, tenant: str) -> None:
    shown = {**stored.fields, "etag": stored.etag}
    present(shown, fields_of(shown, f"{tenant} {stored.fields['name']}"))


def _row(each: StoredDocument | InvalidRuleView) -> tuple[Any, ...]:
    if isinstance(each, InvalidRuleView):
        return (each.name, "invalid", f"wrong: {', '.join(each.fields)}", "", "", "")
    fields = each.fields
    parts = [fields.get("ready_made"), fields.get("level") and f"{fields['level']} and above", *fields["contains"]]
    parts += ["a predicate"] if fields.get("predicate") else []
    after = f"{fields['count']} within {fields['window_seconds']} s"
    notice = fields["notify"]
    target = notice.get("topic_arn") or notice.get("event_bus_arn")
    updated = str(fields.get("updated_at", ""))[:19]
    return (fields["name"], fields["enabled"], ", ".join(filter(None, parts)), after, target, updated)
