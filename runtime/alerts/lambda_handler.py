"""The alert function: takes batches of copies from the alert queue, and sweeps once a minute."""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.alerts.assembly import AlertWorkers
    from runtime.alerts.copies import QueueRecord

SWEEP: Final = {"work": "sweep"}


@cache
def workers() -> "AlertWorkers":
    """Make them from the environment, once an execution environment."""
    from runtime.alerts.assembly import AlertSettings, make_workers
    from runtime.aws.clients import AwsClients
    from runtime.logs import configure

    settings = AlertSettings.read()
    configure(settings.log_level)
    return make_workers(settings, AwsClients(settings.aws_region))


def handler(event: Mapping[str, object], context: Any) -> dict[str, object]:
    """Evaluate the records of the alert queue's event; or, for ``SWEEP``, work at what is due.

    :returns: ``{"batchItemFailures": […]}``: these stay in their queue; or at how many alerts the sweep worked.
    """
    budget = TimeBudget.of_seconds(context.get_remaining_time_in_millis() / 1000)
    if event == SWEEP:
        return {"worked_at": workers().sweep.run(budget)}
    again = workers().batches.process(cast("list[QueueRecord]", event.get("Records", [])), budget)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"):
    workers()  # the initialisation has a whole CPU to itself
