"""Makes one test delivery that was asked for, writes how far it is, and enables the config that waits for it.

A refusal that IAM's delay may explain is tried again for a minute (IAM user guide, "Changes that I make are not always
immediately visible"): a customer who has just pasted a statement must not read that it doesn't help.
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.deliveries.probe import DENIED, PROBE_SECONDS, ProbeReport, ProbeStep, StepOutcome
from runtime.delivery_config.grants import Provider
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_state.delivery_tests import DeliveryTest, DeliveryTests, DeliveryTestState
from runtime.delivery_state.next_steps import next_step
from runtime.delivery_test.attempt import attempt, failed, read_config
from runtime.delivery_test.fixes import Fix, Side, fixes
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.errors import OURS_DENIED, DeliveryError

MAY_PASS: Final = DENIED | OURS_DENIED | {"kms-refused", "log-group-missing"}
"""Reasons behind which a permission may stand that IAM hasn't spread yet."""
PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two attempts; the last one from then on."""
logger = logging.getLogger("logrouter.tester")
audit = logging.getLogger("logrouter.audit")
audit.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class DeliveryTester:
    """Shared by all invocations. What the table of tests answers with an error is raised."""

    settings: DeliveryTesterSettings
    clients: AwsClients

    def run(self, tenant_id: str, type_: str, test_id: str) -> DeliveryTest | None:
        """Make a test that is queued; ``None`` where it isn't any more.

        :returns: the test with its result.
        """
        seconds = self.settings.test_retry_seconds
        test = self._tests.begin(tenant_id, type_, test_id, seconds + PROBE_SECONDS + PAUSES[-1])
        if test is None:
            return None
        retried_until = scheduling.now() + seconds
        while True:
            config, report = self._attempt(test)
            test = self._seen(test, config, report)
            pause = PAUSES[min(test.attempts, len(PAUSES)) - 1]
            may_pass = bool({step.reason for step in report.steps if step.outcome is StepOutcome.FAILED} & MAY_PASS)
            if report.passed or not may_pass or scheduling.now() + pause > retried_until:
                break
            if not self._tests.report(test):  # a newer one is in its place
                return None
            scheduling.sleep(pause)
        return self._ended(test, config, report)

    @property
    def _tests(self) -> DeliveryTests:
        return DeliveryTests(self.clients, self.settings.parked_deliveries_table)

    def _attempt(self, test: DeliveryTest) -> tuple[DeliveryConfig | None, ProbeReport]:
        try:
            config = read_config(self.settings, self.clients, test.tenant_id, test.type)
        except DeliveryError as error:
            return None, failed("config", error)
        return config, attempt(self.settings, self.clients, config, test.id)

    def _seen(self, test: DeliveryTest, config: DeliveryConfig | None, report: ProbeReport) -> DeliveryTest:
        provider = Provider(self.settings.central_log_distribution_role_arn)
        steps = [_step(step, fixes(config, step, provider) if config else _of_config(step)) for step in report.steps]
        left = report.left if report.passed else ""
        return replace(test, steps=steps, left=left, attempts=test.attempts + 1)

    def _ended(self, test: DeliveryTest, config: DeliveryConfig | None, report: ProbeReport) -> DeliveryTest | None:
        passed = report.passed
        if passed and test.enables and config is not None:
            step = self._enable(test, config)
            passed = step.outcome is StepOutcome.PASSED
            test = replace(test, steps=[*test.steps, _step(step, [])])
        ended = replace(test, state=DeliveryTestState.PASSED if passed else DeliveryTestState.FAILED)
        reasons = sorted({str(step["reason"]) for step in ended.steps if step["reason"]})
        fields = {"tenant_id": test.tenant_id, "type": test.type, "test": test.id, "passed": passed, "reasons": reasons}
        logger.info("a test delivery ended", extra=fields)
        return ended if self._tests.report(ended) else None

    def _enable(self, test: DeliveryTest, config: DeliveryConfig) -> ProbeStep:
        try:
            ConfigMarks(self.clients, self.settings.tenant_config_table).enable_after(config, test.id)
        except DeliveryError as error:
            return ProbeStep("enable", StepOutcome.FAILED, error.reason, error.detail, error.call)
        _record(test)
        return ProbeStep("enable", StepOutcome.PASSED)


def _record(test: DeliveryTest) -> None:
    """Write the change's line for the audit trail, as the API does for its own (``runtime/api/writes/audit.py``)."""
    audit.info(
        "delivery config changed",
        extra={
            "audit": {
                "action": "enable",
                "outcome": "done",
                "tenant_id": test.tenant_id,
                "type": test.type,
                "caller": test.requested_by,
                "test": test.id,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "before": {"enabled": False},
                "after": {"enabled": True},
            }
        },
    )


def _of_config(step: ProbeStep) -> list[Fix]:
    return [Fix(Side.CONFIG, next_step(step.reason))]


def _step(step: ProbeStep, found: list[Fix]) -> dict[str, object]:
    call = step.call
    return {
        "name": step.name,
        "outcome": step.outcome.value,
        "reason": step.reason,
        "detail": step.detail,
        "call": call.action,
        "resource": call.resource,
        "fixes": [asdict(fix) for fix in found],
    }
