"""Which tenants have delivery configs: a Scan of the config table, of keys alone.

The table has no index of its tenants and needs none: it is small (two configs of 500 bytes a tenant), and only people
ask. A Scan returns the items of one partition key together (DynamoDB developer guide, "Scanning tables"), so a tenant's
types are read as one run, and a page ends between two tenants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from runtime.aws.clients import AwsClients

PAGE_ITEMS: Final = 1_000
"""Items of one call; DynamoDB itself ends a page after 1 MB."""


@dataclass(frozen=True, slots=True)
class ConfiguredTenant:
    """A tenant and the types of its delivery configs, expired and invalid ones included."""

    tenant_id: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TenantPage:
    """Some tenants, in the table's own order. ``after``: the item behind which the next page begins; None: no more."""

    tenants: tuple[ConfiguredTenant, ...]
    after: tuple[str, str] | None


def tenant_page(clients: AwsClients, table: str, limit: int, after: tuple[str, str] | None = None) -> TenantPage:
    """Return up to ``limit`` tenants. What the client raises is raised.

    :param after: a tenant and a type, as the page before gave them.
    """
    types: dict[str, list[str]] = {}
    last = after
    for tenant_id, type_ in _keys(clients, table, after):
        if tenant_id not in types and len(types) == limit:
            return TenantPage(_tenants(types), last)
        types.setdefault(tenant_id, []).append(type_)
        last = (tenant_id, type_)
    return TenantPage(_tenants(types), None)


def all_tenants(clients: AwsClients, table: str) -> tuple[ConfiguredTenant, ...]:
    """Return every tenant. What the client raises is raised."""
    types: dict[str, list[str]] = {}
    for tenant_id, type_ in _keys(clients, table, None):
        types.setdefault(tenant_id, []).append(type_)
    return _tenants(types)


def _tenants(types: dict[str, list[str]]) -> tuple[ConfiguredTenant, ...]:
    return tuple(ConfiguredTenant(tenant_id, tuple(sorted(found))) for tenant_id, found in types.items())


def _keys(clients: AwsClients, table: str, after: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    request: dict[str, Any] = {
        "TableName": table,
        "ProjectionExpression": "tenant_id, #type",
        "ExpressionAttributeNames": {"#type": "type"},
        "Limit": PAGE_ITEMS,
    }
    if after is not None:
        request["ExclusiveStartKey"] = {"tenant_id": {"S": after[0]}, "type": {"S": after[1]}}
    while True:
        page = clients.client("dynamodb").scan(**request)
        for item in page.get("Items", ()):
            yield item["tenant_id"]["S"], item["type"]["S"]
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
