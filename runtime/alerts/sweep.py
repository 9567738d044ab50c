"""Once a minute: sends what was claimed and not sent, what failed, and resolves what hasn't matched for long enough."""

import logging
from dataclasses import dataclass
from typing import Final

from runtime import scheduling
from runtime.alerts.copies import STEP_SECONDS
from runtime.alerts.states import AlertStates, DueAlert
from runtime.alerts.tenants import AlertTenants
from runtime.alerts.work import AlertWork
from runtime.errors import DeliveryError
from runtime.logs import without_message
from runtime.time_budget import TimeBudget

SIDE_BY_SIDE: Final = 10
logger = logging.getLogger("logrouter.alerts")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Shared by all invocations. What one run leaves undone, the next one does."""

    states: AlertStates
    work: AlertWork
    tenants: AlertTenants

    def run(self, budget: TimeBudget) -> int:
        """Work at what is due; return at how many alerts.

        :raises DeliveryError: the table doesn't answer.
        """
        due = self.states.due(self.work.clock())
        with scheduling.thread_pool(SIDE_BY_SIDE, "alert") as threads:
            return sum(threads.map(lambda alert: self._step(alert, budget), due))

    def _step(self, alert: DueAlert, budget: TimeBudget) -> bool:
        where = {"tenant_id": alert.tenant_id, "rule": alert.rule}
        if not budget.allows(STEP_SECONDS):
            return False
        try:
            rule = self.tenants.find(alert.tenant_id).rule(alert.rule)
            if rule is None:
                self.states.drop(alert)
            else:
                self.work.step(rule, alert.key)
        except DeliveryError as error:
            logger.warning("an alert is worked at later", extra={**where, "reason": error.reason})
        except Exception as error:  # noqa: BLE001 - one alert's fault must not hold up the others
            logger.error("an alert failed", extra={**where, **without_message(error)})  # noqa: TRY400 - it may quote
        else:
            return True
        return False
