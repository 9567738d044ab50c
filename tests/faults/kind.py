"""What a kind of fault is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from tests.faults import ledger
from tests.faults.endpoint import Form
from tests.faults.measured import Measured
from tests.faults.plan import Rule
from tests.faults.scene import Scene

BASELINE: Final = "none"
"""The kind that has no fault at all: what the delays of all others are measured against."""


class Host(StrEnum):
    """Whose calls meet the fault, or who is the fault's victim."""

    FUNCTION = ledger.FUNCTION
    POLLER = ledger.POLLER
    RESUMER = ledger.RESUMER
    RECONCILER = ledger.RECONCILER
    WATCH = ledger.WATCH
    OUTSIDE = ledger.OUTSIDE
    ISSUER = ledger.ISSUER


class Turn(StrEnum):
    """When a kind is run."""

    TOGETHER = "together"
    """Beside others: it hurts no tenant but its own."""

    ALONE = "alone"
    """By itself: it may hurt whatever runs beside it."""

    QUIET = "quiet"
    """By itself and before anything hurts: what it measures, or asks for, is an idle system."""

    LASTING = "lasting"
    """Begun before the last two, and ended after them: it lasts longer than the schedule."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    :param name: lower case, digits and dashes. :param scenario: what is done; by default objects are sent until
        ``target`` calls met a fault. :param target: injections that suffice for the long run.
    :param beside: the destination that stays healthy, whose delay is measured: "s3", "logs", or "quiet" for the quiet
        tenant's. :param measures: what the documents bound.
    :param batches: of each of its objects. :param tenants: how many it has, besides a quiet one.
    :param weight: its share of the time, where kinds are run one by one.
    :param own_process: it starts the host itself. :param endpoint: what its first tenant has besides.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    scenario: Callable[[Scene, "Kind", int], None] | None = None
    target: int = 200
    beside: str = "s3"
    host: Host = Host.FUNCTION
    turn: Turn = Turn.TOGETHER
    measures: Callable[[Scene], Measured] | None = None
    batches: int = 2
    tenants: int = 1
    weight: float = 1.0
    own_process: bool = False
    endpoint: Form | None = None

    def run(self, scene: Scene, target: int) -> None:
        """Let it happen ``target`` times."""
        (self.scenario or until_met)(scene, self, target)


def until_met(scene: Scene, kind: Kind, target: int) -> None:
    """Send objects until enough calls met a fault."""
    scene.begin(*kind.rules)
    try:
        scene.send_until(lambda: scene.injected >= target, at_most=100 * target)
        scene.wait_for(lambda: scene.injected >= target, LAST_HITS_SECONDS)
    finally:
        scene.end()


LAST_HITS_SECONDS = 2.0
WAVE_HITS, WAVE_OBJECTS, WAVE_SECONDS, RECOVERY_SECONDS = 25, 8, 6.0, 8.0


def in_waves(scene: Scene, kind: Kind, target: int) -> None:
    """Let it be broken and work again, over and over: an outage that lasts opens the circuit, and meets no call."""
    while scene.injected < target and not scene.is_over():
        enough = min(target, scene.injected + WAVE_HITS)
        scene.begin(*kind.rules)
        try:
            scene.send_until(partial(scene.has_met, enough), at_most=WAVE_OBJECTS)
            scene.wait_for_hits(enough, WAVE_SECONDS)
        finally:
            scene.end()
        recover(scene)


def recover(scene: Scene) -> None:
    """Let an object through, which closes the circuit."""
    object_ = scene.send()
    scene.wait_for(lambda: scene.has_arrived(object_, *scene.places), RECOVERY_SECONDS)
