"""The function: started by the config table's stream and by two schedules."""

from functools import cache
from typing import TYPE_CHECKING, Any

from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.resumption.assembly import Workers

REDRIVE = {"work": "redrive"}


@cache
def workers() -> "Workers":
    """Make the workers, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.logs import configure
    from runtime.resumption.assembly import make_workers
    from runtime.resumption.settings import ResumptionSettings

    settings = ResumptionSettings.read()
    configure(settings.log_level)
    return make_workers(settings, AwsClients(settings.aws_region))


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Note changed configs where a stream's records say so, then work off what is due.

    :param event: of the stream, of the schedule, or ``REDRIVE``, the other schedule's.
    :returns: how many deliveries were resumed, and how many sent for replays; or how many dead letters were redriven.
    """
    budget = TimeBudget.of_seconds(context.get_remaining_time_in_millis() / 1000)
    if event == REDRIVE:
        return {"redriven": workers().dead_letters.run(budget)}
    changes = event.get("Records", ())
    changed = [record["dynamodb"]["Keys"] for record in changes]
    for tenant_id in dict.fromkeys(keys["tenant_id"]["S"] for keys in changed):
        workers().changes.note(tenant_id)
    for keys in changed:
        workers().resumer.config_changed(keys["tenant_id"]["S"], keys["type"]["S"])
    # A stream's records wait for each other: their run asks, and the schedule's next one hears the answer.
    resumed = workers().resumer.run(budget, 0.0) if changes else workers().resumer.run(budget)
    return {"resumed": resumed, "replayed": workers().replays.run_due(budget)}
