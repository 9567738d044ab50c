"""Creates the alert function's workers from its environment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import Json

from runtime import scheduling
from runtime.alerts.copies import CopyBatches, Sweep
from runtime.alerts.notifier import Notifier
from runtime.alerts.observation import AlertMetrics
from runtime.alerts.rules import AlertRules
from runtime.alerts.states import AlertStates
from runtime.alerts.tenants import AlertTenants
from runtime.alerts.work import AlertWork
from runtime.aws.clients import AwsClients
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_state.table import StateTable
from runtime.environment import Environment
from runtime.metrics.lines import MetricLines


class AlertSettings(Environment):
    """The variables that the stack sets.

    :param alert_states_table: where alerts' states are kept; nobody else writes it.
    :param alert_rules_table: the rules, as the API writes them. :param tenants_table: the tenants' records.
    :param central_log_distribution_role_arn: the role that customers trust, assumed for one tenant at a time.
    :param clusters_by_role_id: JSON, each cluster by the unique id of its writer role, as SQS says who sent a message.
        It changes when a role is replaced: then the stack is deployed again.
    """

    aws_region: str
    alert_states_table: str
    alert_rules_table: str
    tenants_table: str
    central_log_distribution_role_arn: str
    clusters_by_role_id: Json[dict[str, str]]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


@dataclass(frozen=True, slots=True)
class AlertWorkers:
    """What the function does: batches of the queue, and the sweep."""

    batches: CopyBatches
    sweep: Sweep


def make_workers(
    settings: AlertSettings, clients: AwsClients, clock: Callable[[], float] = scheduling.now
) -> AlertWorkers:
    """Make both. ``clock``: epoch seconds."""
    tenants = AlertTenants(clients, AlertRules(clients, settings.alert_rules_table), settings.tenants_table, clock)
    sessions = RoleChain(clients, settings.central_log_distribution_role_arn)
    metrics = AlertMetrics(MetricLines())
    states = AlertStates(StateTable(clients, settings.alert_states_table), clock)
    work = AlertWork(states, Notifier(clients, sessions, tenants), metrics.notified, clock)
    batches = CopyBatches(work, tenants, metrics, settings.clusters_by_role_id)
    return AlertWorkers(batches, Sweep(states, work, tenants))
