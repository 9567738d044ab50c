"""Delays that the documents bound (docs/reliability.md), beside what they were."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from local.faults.scene import Scene
from local.faults.short_timeouts import INVOCATIONS, MESSAGES_AN_INVOCATION


@dataclass(frozen=True, slots=True)
class Measured:
    """One of them, in seconds. ``samples``: deliveries that were measured."""

    what: str
    seconds: float
    bound_seconds: float
    samples: int

    @property
    def holds(self) -> bool:
        """Whether it is within its bound."""
        return self.seconds <= self.bound_seconds

    def as_dict(self) -> dict[str, Any]:
        """Give it as the report has it."""
        return asdict(self)


BROKEN_SHARE = 0.1
"""Of the healthy ones' median delay: so much may a broken destination beside them add."""


def beside_a_broken_one(scene: Scene) -> Measured:
    """What a destination that is broken for hours adds to the median delay of the healthy ones."""
    calm, broken = (scene.healthy_delays(broken=broken) for broken in (False, True))
    usual = median(calm)
    return Measured(
        f"added to the median delay of {len(scene.tenants) - 1} healthy destinations beside a broken one "
        f"(without: {usual:.3f} s)",
        round(median(broken) - usual, 3),
        round(usual * BROKEN_SHARE, 3),
        len(calm) + len(broken),
    )


def beside_a_noisy_one(scene: Scene) -> Measured:
    """What a quiet tenant's object waits at most among a noisy one's, against (n / (messages x invocations) + 1) t."""
    quiet, noisy = scene.quiet.tenant_id, scene.tenant.tenant_id
    delays = [delay for place in ("s3", scene.quiet.log_group) for delay in scene.ledger.delays(quiet, place)]
    before = scene.crowd / (MESSAGES_AN_INVOCATION * INVOCATIONS)
    longest = max(scene.ledger.work_seconds(noisy))
    return Measured(
        f"the longest delay of a quiet tenant among {scene.crowd} objects of a noisy one",
        round(max(delays), 3),
        round((before + 1) * longest, 3),
        len(delays),
    )
