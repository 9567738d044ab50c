"""``logrouter deliveries``: parked deliveries with their reasons, and the status of destinations."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.config_commands import AsJson, Tenant, Type
from cli.connection import connection_of
from cli.output import console, print_fields, print_json, readable_problems
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
def list_parked(context: typer.Context, tenant: Tenant, *, type_: OfType = None, as_json: AsJson = False) -> None:
    """List a tenant's parked deliveries."""
    with readable_problems():
        client = connection_of(context).client()
        found = list(client.parked(tenant, type_=type_))
        if not found:
            refuse_unknown_to_api(client, tenant)
    if as_json:
        print_json([each.model_dump() for each in found])
        return
    table = Table("type", "object", "since", "reason", "failed call", "what to do", title=f"Parked for {tenant}")
    for each in found:
        table.add_row(*_row(each))
    console.print(table)
    console.print(f"{len(found)} parked", markup=False)


@app.command("status")
def show_status(context: typer.Context, tenant: Tenant, type_: Type, *, as_json: AsJson = False) -> None:
    """Show when a destination last worked, what failed last, and what has to be changed."""
    with readable_problems():
        status = connection_of(context).client().status(tenant, type_)
    if as_json:
        print_json(status.model_dump())
        return
    failure = status.last_failure.model_dump() if status.last_failure else {}
    fields = status.model_dump(exclude={"last_failure"}) | {f"failure {name}": text for name, text in failure.items()}
    print_fields({name: value for name, value in fields.items() if value not in (None, "")}, f"{tenant} {type_}")


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
    table = Table("tenant", "type", "object", "since", "failed call", "what to do", title=f"Parked: {reason}")
    for each in found:
        table.add_row(each.message.tenant_id, *_row(ParkedView.of(each), with_reason=False))
    console.print(table)
    console.print(f"{len(found)} shown{', there are more' if token else ''}", markup=False)


def _row(each: ParkedView, *, with_reason: bool = True) -> list[str]:
    failure = each.failure
    call = f"{failure.action} on {failure.resource}" if failure.action else failure.detail
    reason = [failure.reason] if with_reason else []
    return [each.type, each.object_key, each.first_attempt_at[:19], *reason, call, failure.next_step]
