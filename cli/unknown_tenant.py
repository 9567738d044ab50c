"""A tenant of which nothing is stored is most often a misspelt id: no command answers for it as if all were well."""

from typing import TYPE_CHECKING

from cli.client import Client
from cli.problems import NotFoundError

if TYPE_CHECKING:
    from cli.operation.sources import Sources


def refuse_unknown_to_api(client: Client, tenant: str) -> None:
    """Check that a tenant has a delivery config.

    :raises NotFoundError: it has none.
    """
    if next(client.list(tenant, page_size=1), None) is None:
        raise unknown(tenant, "no delivery config")


def refuse_unknown(sources: "Sources", tenant: str) -> None:
    """Check that a tenant has a delivery config or an object.

    :raises NotFoundError: it has neither.
    """
    from runtime.objects.hours import folders  # noqa: PLC0415 - commands of the API alone do without

    known = sources.configs.fetch_tenant(tenant).known
    if not known and not any(folders(sources.clients.client("s3"), sources.bucket, f"tenant_id={tenant}/")):
        raise unknown(tenant, "neither a delivery config nor an object")


def unknown(tenant: str, lacks: str) -> NotFoundError:
    """Return that nobody knows a tenant."""
    return NotFoundError(f"{tenant} has {lacks}: is the id right? `logrouter tenants` lists all")
