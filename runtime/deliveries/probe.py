"""A test delivery: one made-up event, and the name of the step at which it failed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

import msgspec

from runtime.deliveries.method import Delivery
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import DeliveryError
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget

PROBE_SECONDS = 30.0
APPLICATION = "logrouter-test"
"""What a test delivery leaves is under this name (contract §15)."""
_encode = msgspec.json.Encoder().encode


class StepOutcome(StrEnum):
    """How far a step came."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step. ``reason`` and ``detail`` are those of its failure, for people: no secret, no text of the server."""

    name: str
    outcome: StepOutcome
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What became of a test delivery. ``left``: the name of what it leaves at the destination."""

    steps: tuple[ProbeStep, ...]
    left: str = ""

    @property
    def passed(self) -> bool:
        """Whether the event was delivered."""
        return all(step.outcome is StepOutcome.PASSED for step in self.steps)


def try_steps(*steps: tuple[str, Callable[[], object]], left: str = "") -> ProbeReport:
    """Take the steps, up to the first that fails."""
    report: list[ProbeStep] = []
    for name, step in steps:
        if report and report[-1].outcome is not StepOutcome.PASSED:
            report.append(ProbeStep(name, StepOutcome.NOT_REACHED))
            continue
        try:
            step()
        except DeliveryError as error:
            report.append(ProbeStep(name, StepOutcome.FAILED, error.reason, error.detail))
        except Exception as error:  # noqa: BLE001 - a report says so of any failure
            report.append(ProbeStep(name, StepOutcome.FAILED, "unexpected", type(error).__name__))
        else:
            report.append(ProbeStep(name, StepOutcome.PASSED))
    return ProbeReport(tuple(report), left)


def made_up_delivery(
    config: DeliveryConfig, central_bucket: str, now: float, budget: TimeBudget | None
) -> tuple[Delivery, Batch]:
    """Return a delivery of an object that doesn't exist, and its one event. :param now: epoch seconds."""
    name, time = uuid4().hex, datetime.fromtimestamp(now, UTC)
    cluster = config.cluster_ids[0] if config.cluster_ids else "logrouter"
    key = ObjectKey.parse(
        f"tenant_id={config.tenant_id}/cluster_id={cluster}/application={APPLICATION}/pod_name={name}"
        f"/{time:%Y%m%d-%H%M%S}-{name}.json.gz"
    )
    text = f"A test of this delivery config: {name}"
    batch = Batch(0, [int(now * 1000)], [_encode(text)], [len(text)])
    return Delivery(
        StoredObject(central_bucket, key, name), config, budget or TimeBudget.of_seconds(PROBE_SECONDS)
    ), batch


def left_by(delivery: Delivery) -> str:
    """Return the name of what a test delivery leaves."""
    return f"{APPLICATION}/{delivery.object.key.pod_name}"
