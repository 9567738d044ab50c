"""The function: started by a schedule."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.destination_watch.watch import DestinationCheck


@cache
def watch() -> "DestinationCheck":
    """Make the watch, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.delivery_state.destination_status import DestinationStatuses
    from runtime.destination_watch.settings import DestinationWatchSettings
    from runtime.destination_watch.watch import DestinationCheck
    from runtime.logs import configure
    from runtime.metrics.lines import MetricLines

    settings = DestinationWatchSettings.read()
    configure(settings.log_level)
    clients = AwsClients(settings.aws_region)
    return DestinationCheck(
        clients,
        settings.tenant_config_table,
        DestinationStatuses(clients, settings.parked_deliveries_table),
        MetricLines(settings.metrics_namespace),
        late_seconds=settings.late_seconds,
        silent_seconds=settings.silent_seconds,
    )


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Look once.

    :returns: how many destinations are late, and how many tenants silent.
    """
    seen = watch().look()
    return {"late": len(seen.late), "silent": len(seen.silent)}
