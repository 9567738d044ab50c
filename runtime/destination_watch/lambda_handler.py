"""The function: started by a schedule."""

from functools import cache
from typing import Literal

from pydantic import Field

from runtime.aws.clients import AwsClients
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.destination_watch.watch import DestinationCheck
from runtime.environment import Environment
from runtime.logs import configure
from runtime.metrics.catalogue import NAMESPACE
from runtime.metrics.lines import MetricLines


class DestinationWatchSettings(Environment):
    """The environment that the stack sets."""

    aws_region: str
    tenant_config_table: str
    parked_deliveries_table: str
    late_seconds: float = Field(gt=0)
    silent_seconds: float = Field(gt=0)
    metrics_namespace: str = NAMESPACE
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


@cache
def watch() -> DestinationCheck:
    """Return the watch, made once an execution environment."""
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


def handler(_event: object, _context: object) -> dict[str, int]:
    """Look once.

    :returns: how many destinations are late, and how many tenants silent.
    """
    seen = watch().look()
    return {"late": len(seen.late), "silent": len(seen.silent)}
