"""Delays that the documents bound (docs/reliability.md), beside what they were."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.faults.scene import Scene
from tests.faults.short_timeouts import INVOCATIONS, MESSAGES_AN_INVOCATION


@dataclass(frozen=True, slots=True)
class Measured:
    """One of them, in seconds. ``samples``: deliveries that were measured; ``error``: why there is no number."""

    what: str
    seconds: float | None = None
    bound_seconds: float | None = None
    samples: int = 0
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is within its bound; what couldn't be measured isn't."""
        return self.seconds is not None and self.bound_seconds is not None and self.seconds <= self.bound_seconds

    def as_dict(self) -> dict[str, Any]:
        """Return it as the report has it."""
        return asdict(self)


def beside_a_noisy_one(scene: Scene) -> Measured:
    """What a quiet tenant's object waits at most among a noisy one's, against (n / (messages x invocations) + 1) t."""
    what = f"the longest delay of a quiet tenant among {scene.crowd} objects of a noisy one"
    quiet, noisy = scene.quiet.tenant_id, scene.tenant.tenant_id
    delays = [delay for place in ("s3", scene.quiet.log_group) for delay in scene.ledger.delays(quiet, place)]
    work = scene.ledger.work_seconds(noisy)
    if not delays or not work:
        return Measured(
            what, error=f"{len(delays)} deliveries of the quiet tenant, {len(work)} objects of the noisy one"
        )
    before = scene.crowd / (MESSAGES_AN_INVOCATION * INVOCATIONS)
    return Measured(what, round(max(delays), 3), round((before + 1) * max(work), 3), len(delays))
