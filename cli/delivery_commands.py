"""``logrouter deliveries``: parked deliveries with their reasons, and the status of destinations."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.config_commands import Tenant, Type
from cli.connection import connection_of
from cli.output import fields as fields_of
from cli.output import present
from cli.text_table import Note, TextTable, identifier
from cli.unknown_tenant import refuse_unknown_to_api
from runtime.api.schemas.deliveries import ParkedView
from runtime.delivery_state.parked_deliveries import ParkedDeliveries

if TYPE_CHECKING:
    from runtime.delivery_state.parked_delivery import ParkedDelivery

app = typer.Typer(
    no_args_is_help=True, help="Deliveries: parked ones with their reasons, and the status of each destination."
)
OfType = Annotated[str | None, typer.Option("--type", help="of one delivery config")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="show at most so many")]


@app.command("parked")
def list_parked(context: typer.Context, tenant: Tenant, *, type_: OfType = None) -> None:
    """List a tenant's parked deliveries."""
    client = connection_of(context).client()
    found = list(client.parked(tenant, type_=type_))
    if not found:
        refuse_unknown_to_api(client, tenant)
    columns = (identifier("type"), identifier("object"), "since", "reason", "failed call", "what to do")
    rows = [_row(each) for each in found]
    document = [each.model_dump() for each in found]
    present(document, TextTable(f"Parked for {tenant}", columns, rows), Note(f"{len(found)} parked"))


@app.command("status")
def show_status(context: typer.Context, tenant: Tenant, type_: Type) -> None:
    """Show when a destination last worked, what failed last, and what has to be changed."""
    status = connection_of(context).client().status(tenant, type_)
    failure = status.last_failure.model_dump() if status.last_failure else {}
    shown = status.model_dump(exclude={"last_failure"}) | {f"failure {name}": text for name, text in failure.items()}
    present(status.model_dump(), fields_of(shown, f"{tenant} {type_}"))


@app.command("reason")
def list_reason(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="such as second-hop-denied")],
    *,
    limit: Limit = 100,
) -> None:
    """List all tenants' deliveries that are parked for one reason (for operators: reads the table itself)."""
    installation = connection_of(context).installation()
    parked = ParkedDeliveries(installation.clients, installation.outputs["ParkedDeliveriesTableName"])
    found: list[ParkedDelivery] = []
    token = None
    while len(found) < limit:
        page = parked.of_reason(reason, limit=min(100, limit - len(found)), next_token=token)
        found += page.deliveries
        token = page.next_token
        if token is None:
            break
    views = [(each.message.tenant_id, ParkedView.of(each)) for each in found]
    columns = (identifier("tenant"), identifier("type"), identifier("object"), "since", "failed call", "what to do")
    rows = [(name, *_row(view, with_reason=False)) for name, view in views]
    document = [{"tenant_id": name, **view.model_dump()} for name, view in views]
    note = Note(f"{len(found)} shown{', there are more: --limit' if token else ''}")
    present(document, TextTable(f"Parked: {reason}", columns, rows), note)


def _row(each: ParkedView, *, with_reason: bool = True) -> list[str]:
    failure = each.failure
    call = f"{failure.action} on {failure.resource}" if failure.action else failure.detail
    reason = [failure.reason] if with_reason else []
    return [each.type, each.object_key, each.first_attempt_at[:19], *reason, call, failure.next_step]
