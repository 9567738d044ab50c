"""``logrouter tenant``: one tenant's record, which binds its delivery configs. ``logrouter tenants`` lists all."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

import typer

from cli.client import ApiProblemError, Client, ConfigDocument, StoredDocument
from cli.config_commands import Etag, FieldsFile, Tenant, field_change
from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.operation.onboarding import configs_of, invite
from cli.operation.residency import residency
from cli.output import fields as fields_of
from cli.output import output_options, present, warn
from cli.problems import NotFoundError
from cli.text_table import WRONG, Note, TextTable, identifier
from cli.unknown_tenant import unknown

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


@app.command("rotate")
def rotate_external_id(context: typer.Context, tenant: Tenant) -> None:
    """Issue an ExternalId: the customer's roles trust it beside the other, `try-ids` sees that they do."""
    stored = connection_of(context).client().issue_external_id(tenant)
    _present(stored, tenant)
    pending, in_use = stored.fields.get("pending_external_id"), stored.fields.get("external_id")
    if pending and not output_options().for_programs:
        both = ",".join(filter(None, (in_use, pending)))
        warn(f"the customer updates the stack with ExternalId={both}; then: logrouter tenant try-ids {tenant}")


@app.command("try-ids")
def try_external_ids(context: typer.Context, tenant: Tenant) -> None:
    """Try the pending ExternalId at each role, as the processor; where all take it, it is used. Status 1 otherwise."""
    installation = connection_of(context).installation()
    name = installation.outputs.get("ProcessorFunctionName")
    if name is None:
        raise NotFoundError(
            "this stage has no processor function to try it: `logrouter tenant activate` uses it untried"
        )
    question = json.dumps({"external_ids": {"tenant_id": tenant}}).encode()
    answer = installation.clients.client("lambda").invoke(FunctionName=name, Payload=question)
    found = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        warn(f"the processor failed: {found.get('errorMessage', 'see its log')}")
        raise typer.Exit(ExitStatus.UNAVAILABLE)
    if "failure" in found:
        raise NotFoundError(f"{tenant} has no record that can be read: `logrouter tenant create` creates one")
    rows = [(one["role_arn"], one["failure"] or "takes it", one["detail"]) for one in found["roles"]]
    trusting = found["still_trusting_the_retired"]
    notes = [Note(f"{role} still trusts the retired ExternalId: the customer takes it out") for role in trusting]
    notes += [
        Note(f"in use: {found['in_use'] or 'what the configs name'}{', one is pending' if found['pending'] else ''}")
    ]
    present(found, TextTable(f"ExternalIds of {tenant}", (identifier("role"), "answer", "detail"), rows), *notes)
    if found["pending"] or trusting:
        raise typer.Exit(ExitStatus.FINDINGS)


@app.command("activate")
def activate_external_id(context: typer.Context, tenant: Tenant) -> None:
    """Use the pending ExternalId for all roles now, tried or not."""
    _present(connection_of(context).client().activate_external_id(tenant), tenant)


@app.command("onboard")
def onboard_tenant(
    context: typer.Context,
    tenant: Tenant,
    fields: Annotated[list[str] | None, typer.Argument(metavar=FIELDS, help="of a record that isn't there yet")] = None,
    *,
    template_url: Annotated[str | None, typer.Option(help="where the customer's template lies in S3")] = None,
    region: Annotated[str | None, typer.Option("--into", help="the Region of the customer's stack, if another")] = None,
) -> None:
    """Create the tenant with an ExternalId, and print what the customer does: one link, or one command."""
    connection = connection_of(context)
    client = connection.client()
    stored = _record_if_any(client, tenant) or client.create_tenant(
        {"tenant_id": tenant, **dict(map(field_change, fields or ()))}
    )
    if not stored.fields.get("external_id") and not stored.fields.get("pending_external_id"):
        stored = client.issue_external_id(tenant)
    ids = tuple(stored.fields[name] for name in ("external_id", "pending_external_id") if stored.fields.get(name))
    installation = connection.installation()
    role = installation.central_role_arn
    found = invite(tenant, role, ids, region or installation.clients.region, template_url)
    notes = [Note(text) for text in (found.link, found.command) if text]
    notes.append(Note(f"then, with what the stack's outputs are: logrouter tenant accept {tenant} FILE"))
    present(asdict(found), fields_of(found.parameters, f"{tenant}: for the customer"), *notes)


@app.command("accept")
def accept_outputs(context: typer.Context, tenant: Tenant, file: FieldsFile) -> None:
    """Store the delivery configs that the customer's stack printed: its outputs as JSON, pasted or from a file."""
    client = connection_of(context).client()
    try:
        configs = configs_of(json.load(file))
    except ValueError as error:
        raise typer.BadParameter(f"{file.name}: {error}") from None
    made = [client.create(tenant, config) for config in configs]
    rows = [(each.type, each.fields["enabled"]) for each in made]
    present(
        [dict(each.fields) for each in made], TextTable(f"Stored for {tenant}", (identifier("type"), "enabled"), rows)
    )


@app.command("residency")
def show_residency(context: typer.Context, tenant: Tenant) -> None:
    """Show every place where the tenant's data lies or passes. Status 1: one is in a Region that isn't allowed."""
    connection = connection_of(context)
    client, installation = connection.client(), connection.installation()
    configs = [each.fields if isinstance(each, ConfigDocument) else each.model_dump() for each in client.list(tenant)]
    record = _record_if_any(client, tenant)
    if not configs and record is None:
        raise unknown(tenant, "neither a record nor a delivery config")
    found = residency(
        {**installation.outputs, **installation.outside},
        installation.clients.region,
        configs,
        record.fields.get("allowed_regions", ()) if record else (),
        has_outside=bool(installation.outside),
    )
    rows = [
        (one.place, one.region or "the customer's choice", one.stay, one.holds, one.until, one.name) for one in found
    ]
    wrong = {index: WRONG for index, one in enumerate(found) if not one.allowed}
    columns = ("place", "Region", "it", "of the tenant's", "until", identifier("name"))
    present([asdict(one) for one in found], TextTable(f"Where the data of {tenant} is", columns, rows, wrong))
    if wrong:
        raise typer.Exit(ExitStatus.FINDINGS)


def _record_if_any(client: Client, tenant: str) -> StoredDocument | None:
    try:
        return client.tenant(tenant)
    except ApiProblemError as error:
        if error.problem.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def _change(context: typer.Context, tenant: str, changes: Mapping[str, Any], *, etag: str | None = None) -> None:
    _present(connection_of(context).client().patch_tenant(tenant, changes, etag=etag), tenant)


def _present(stored: StoredDocument, tenant: str) -> None:
    present({**stored.fields, "etag": stored.etag}, fields_of({**stored.fields, "etag": stored.etag}, tenant))
