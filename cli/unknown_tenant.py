"""A tenant of which nothing is stored is most often a misspelt id: the command ends with status 1."""

import typer

from cli.client import Client
from cli.operation.sources import Sources
from cli.output import errors
from runtime.reconciliation.hours import folders


def refuse_unknown_to_api(client: Client, tenant: str) -> None:
    """End the command with status 1 unless the tenant has a delivery config.

    :raises typer.Exit: it has none.
    """
    if next(client.list(tenant, page_size=1), None) is None:
        _refuse(tenant, "no delivery config")


def refuse_unknown(sources: Sources, tenant: str) -> None:
    """End the command with status 1 unless the tenant has a delivery config or an object.

    :raises typer.Exit: it has neither.
    """
    known = sources.configs.fetch_tenant(tenant).known
    if not known and not any(folders(sources.clients.client("s3"), sources.bucket, f"tenant_id={tenant}/")):
        _refuse(tenant, "neither a delivery config nor an object")


def _refuse(tenant: str, lacks: str) -> None:
    errors.print(f"{tenant} has {lacks}: is the id right? `logrouter status` shows all tenants", markup=False)
    raise typer.Exit(1)
