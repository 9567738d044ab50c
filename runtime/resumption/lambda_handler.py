"""The function: started by the config table's stream and by a schedule."""

from functools import cache
from typing import TYPE_CHECKING, Any

from runtime.processor.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.resumption.assembly import Workers


@cache
def workers() -> "Workers":
    """Make the workers, once an execution environment."""
    from runtime.aws.clients import AwsClients  # noqa: PLC0415 - heavy: not before it is needed
    from runtime.processor.logs import configure  # noqa: PLC0415
    from runtime.resumption.assembly import make_workers  # noqa: PLC0415
    from runtime.resumption.settings import ResumptionSettings  # noqa: PLC0415

    settings = ResumptionSettings()
    configure(settings.log_level)
    return make_workers(settings, AwsClients(settings.aws_region))


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Note changed configs where a stream's records say so, then work off what is due.

    :returns: how many deliveries were resumed, and how many sent for replays.
    """
    for record in event.get("Records", ()):
        keys = record["dynamodb"]["Keys"]
        workers().resumer.config_changed(keys["tenant_id"]["S"], keys["type"]["S"])
    budget = TimeBudget.of_seconds(context.get_remaining_time_in_millis() / 1000)
    resumed = workers().resumer.run(budget)
    return {"resumed": resumed, "replayed": workers().replays.run_due(budget)}
