"""Compares what is known of each destination with the time it is now.

A destination is late when its last delivery's oldest event was older than the limit, or when it has failed since its
last success and that is longer ago than the limit. A tenant is silent when nothing was tried for any of its
destinations for longer than the limit, though something was before: then nothing came from its clusters.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import plain_item
from runtime.delivery_state.destination_status import DestinationStatus, DestinationStatuses
from runtime.errors import TENANT_SUSPENDED
from runtime.metrics.catalogue import LATE_DESTINATIONS, SILENT_TENANTS
from runtime.metrics.lines import MetricLines

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import ScanInputPaginateTypeDef

FORGOTTEN_SECONDS: Final = 7 * 86_400.0  # ours: who has been silent for a week has gone, or somebody knows
NAMED: Final = 50  # of each kind in the line: EMF takes a line of 1 MiB, a person less


@dataclass(frozen=True, slots=True)
class DestinationFindings:
    """The result of a check: destinations as ``tenant/type``, tenants by id; both in order."""

    late: tuple[str, ...]
    silent: tuple[str, ...]


class DestinationCheck:
    """Looks at every enabled delivery config's destination. ``clock``: epoch seconds.

    :param late_seconds: a destination's logs may be that old. :param silent_seconds: a tenant may be quiet that long.
    """

    def __init__(
        self,
        clients: AwsClients,
        config_table: str,
        statuses: DestinationStatuses,
        lines: MetricLines,
        *,
        late_seconds: float,
        silent_seconds: float,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._config_table = config_table
        self._statuses = statuses
        self._lines = lines
        self._late_seconds = late_seconds
        self._silent_seconds = silent_seconds
        self._clock = clock

    def look(self) -> DestinationFindings:
        """Look at all of them and write what was found. What DynamoDB's client raises is raised."""
        now = self._clock()
        of_tenant: dict[str, list[DestinationStatus]] = defaultdict(list)
        for status in self._statuses.of_all(self._enabled(now)):
            of_tenant[status.tenant_id].append(status)
        late = sorted(
            f"{one.tenant_id}/{one.type}" for statuses in of_tenant.values() for one in statuses if self._late(one, now)
        )
        silent = sorted(tenant_id for tenant_id, statuses in of_tenant.items() if self._silent(statuses, now))
        self._lines.write(
            {LATE_DESTINATIONS: len(late), SILENT_TENANTS: len(silent)},
            {},
            {"message": "destinations", "late": late[:NAMED], "silent": silent[:NAMED]},
        )
        return DestinationFindings(tuple(late), tuple(silent))

    def _enabled(self, now: float) -> Iterator[tuple[str, str]]:
        """Yield the tenant and the type of each config that is to be delivered."""
        request: ScanInputPaginateTypeDef = {
            "TableName": self._config_table,
            "ProjectionExpression": "tenant_id, #type, enabled, #ttl",
            "ExpressionAttributeNames": {"#type": "type", "#ttl": "ttl"},
        }
        for page in self._clients.client("dynamodb").get_paginator("scan").paginate(**request):
            for item in map(plain_item, page["Items"]):
                if item.get("enabled") is not False and not 0 < item.get("ttl", 0) <= now:
                    yield item["tenant_id"], item["type"]

    def _late(self, status: DestinationStatus, now: float) -> bool:
        if status.last_failure_at > status.last_success_at:
            if status.failure.get("reason") == TENANT_SUSPENDED:
                return False  # on purpose, and by the provider itself
            return now - status.last_success_at > self._late_seconds
        recent = now - status.last_success_at <= self._silent_seconds
        return recent and (status.lag_seconds or 0.0) > self._late_seconds

    def _silent(self, statuses: list[DestinationStatus], now: float) -> bool:
        quiet = now - max(max(one.last_success_at, one.last_failure_at) for one in statuses)
        return self._silent_seconds < quiet <= FORGOTTEN_SECONDS
