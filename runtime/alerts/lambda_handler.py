"""The alert function: takes batches of copies from the alert queue, and sweeps once a minute."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from runtime import scheduling
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.alerts.copies import CopyBatches
    from runtime.alerts.settings import AlertSettings
    from runtime.alerts.sweep import Sweep
    from runtime.aws.clients import AwsClients

SWEEP: Final = {"work": "sweep"}


@dataclass(frozen=True, slots=True)
class AlertWorkers:
    """What the function does: batches of the queue, and the sweep."""

    batches: "CopyBatches"
    sweep: "Sweep"


def make_workers(
    settings: "AlertSettings", clients: "AwsClients", clock: Callable[[], float] = scheduling.now
) -> AlertWorkers:
    """Make both. ``clock``: epoch seconds."""
    from runtime.alerts.copies import CopyBatches
    from runtime.alerts.notifier import Notifier
    from runtime.alerts.observation import AlertMetrics
    from runtime.alerts.rules import AlertRules
    from runtime.alerts.states import AlertStates
    from runtime.alerts.sweep import Sweep
    from runtime.alerts.tenants import AlertTenants
    from runtime.alerts.work import AlertWork
    from runtime.deliveries.role_chain import RoleChain
    from runtime.delivery_state.table import StateTable
    from runtime.metrics.lines import MetricLines

    tenants = AlertTenants(clients, AlertRules(clients, settings.alert_rules_table), settings.tenants_table, clock)
    sessions = RoleChain(clients, settings.central_log_distribution_role_arn)
    metrics = AlertMetrics(MetricLines())
    states = AlertStates(StateTable(clients, settings.alert_states_table), clock)
    work = AlertWork(states, Notifier(clients, sessions, tenants), metrics.notified, clock)
    batches = CopyBatches(work, tenants, metrics, settings.clusters_by_role_id)
    return AlertWorkers(batches, Sweep(states, work, tenants))


@cache
def workers() -> AlertWorkers:
    """Make them from the environment, once an execution environment."""
    from runtime.alerts.settings import AlertSettings
    from runtime.aws.clients import AwsClients
    from runtime.logs import configure

    settings = AlertSettings.read()
    configure(settings.log_level)
    return make_workers(settings, AwsClients(settings.aws_region))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Evaluate the records of the alert queue's event; or, for ``SWEEP``, work at what is due.

    :returns: ``{"batchItemFailures": […]}``: these stay in their queue; or at how many alerts the sweep worked.
    """
    budget = TimeBudget.of_seconds(context.get_remaining_time_in_millis() / 1000)
    if event == SWEEP:
        return {"worked_at": workers().sweep.run(budget)}
    again = workers().batches.process(event.get("Records", ()), budget)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"):
    workers()  # the initialisation has a whole CPU to itself
