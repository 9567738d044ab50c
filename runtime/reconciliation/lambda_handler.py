"""The function: started by a schedule, or by a person who names the hours."""

from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any, Literal

from pydantic import Field

from runtime.aws.clients import AwsClients
from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.environment import Environment
from runtime.logs import configure
from runtime.metrics.lines import MetricLines
from runtime.reconciliation.comparison import Comparison
from runtime.reconciliation.reconciler import Limits, Reconciler
from runtime.record_log.lines import RecordLog
from runtime.time_budget import TimeBudget


class ReconciliationSettings(Environment):
    """The variables that the stack sets."""

    aws_region: str
    central_bucket: str
    object_queue_url: str
    parked_deliveries_table: str
    record_log_groups: str = Field(min_length=1, description="comma-separated")
    older_than_seconds: float = Field(default=7_200, ge=0)
    look_back_seconds: float = Field(default=259_200, gt=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


@cache
def settings() -> ReconciliationSettings:
    """Return the environment, read once an execution environment."""
    read = ReconciliationSettings.read()
    configure(read.log_level)
    return read


@cache
def reconciler() -> Reconciler:
    """Return the reconciler, made once an execution environment."""
    given = settings()
    clients = AwsClients(given.aws_region)
    records = RecordLog(clients, tuple(given.record_log_groups.split(",")))
    return Reconciler(
        clients,
        Comparison(clients, given.central_bucket, records),
        ReconciliationProgress(clients, given.parked_deliveries_table),
        given.object_queue_url,
        limits=Limits(given.older_than_seconds, given.look_back_seconds),
        lines=MetricLines(),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Compare what is due, or the hours that the event names: ``since``, ``until`` (ISO 8601), ``older_than_seconds``.

    :returns: the findings, with at most a hundred keys.
    """
    budget = TimeBudget.of_seconds(context.get_remaining_time_in_millis() / 1000)
    if "since" in event:
        since, until = (datetime.fromisoformat(event[name]).timestamp() for name in ("since", "until"))
        older_than = float(event.get("older_than_seconds", settings().older_than_seconds))
        return asdict(reconciler().run_between(since, until, older_than, budget))
    return asdict(reconciler().run(budget))
