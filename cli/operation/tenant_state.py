"""A tenant's destinations as the API has them: for a caller who may see this tenant, and nothing else."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from cli.client import ApiProblemError, Client, ConfigDocument
from runtime.api.schemas.deliveries import StatusView
from runtime.api.schemas.delivery_configs import InvalidStored

SIDE_BY_SIDE: Final = 8
SHOWN_FIELDS: Final = ("log_group_name", "bucket_name", "url", "hosts", "bootstrap_servers", "function_arn")


@dataclass(frozen=True, slots=True)
class TenantDestination:
    """A config and how its destination is.

    :param config: or the item that can't be read as one. :param status: ``None`` where it may not be seen, see
        ``refused``.
    """

    config: ConfigDocument | InvalidStored
    status: StatusView | None
    refused: str = ""

    @property
    def type(self) -> str:
        """Its type."""
        return self.config.type

    @property
    def fields(self) -> Mapping[str, Any]:
        """The config's fields; none of one that can't be read."""
        return self.config.fields if isinstance(self.config, ConfigDocument) else {}

    @property
    def state(self) -> str:
        """The state's name, as ``cli.operation.overview.State`` has them."""
        if isinstance(self.config, InvalidStored):
            return "invalid"
        if not self.fields.get("enabled"):
            return "disabled"
        if self.status is None or self.status.works is None:
            return "untried"
        if self.status.failing_since or not self.status.works:
            return "failing"
        return "parked" if self.status.parked else "works"

    @property
    def destination(self) -> str:
        """Where it delivers to, in a few words."""
        return next((str(self.fields[name]) for name in SHOWN_FIELDS if self.fields.get(name)), "")


def tenant_destinations(client: Client, tenant_id: str) -> Sequence[TenantDestination]:
    """Return all of a tenant's, by type. Raises what the list of configs raises."""
    configs = sorted(client.list(tenant_id), key=lambda each: each.type)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return [*pool.map(lambda config: _with_status(client, tenant_id, config), configs)]


def _with_status(client: Client, tenant_id: str, config: ConfigDocument | InvalidStored) -> TenantDestination:
    if isinstance(config, InvalidStored):
        return TenantDestination(config, None)
    try:
        return TenantDestination(config, client.status(tenant_id, config.type))
    except ApiProblemError as error:
        return TenantDestination(config, None, f"{error.problem.title}: {error.problem.detail}")
