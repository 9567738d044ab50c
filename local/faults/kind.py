"""What a kind of fault is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from local.faults.measured import Measured
from local.faults.plan import Rule
from local.faults.scene import Scene


class Host(StrEnum):
    """Who processes."""

    FUNCTION = "function"
    POLLER = "poller"


class Bound(StrEnum):
    """Which doubles are lawful (contract §5: at least once, the rest bounded)."""

    UNANSWERED = "unanswered"
    """Events of PutLogEvents calls that took effect and whose answer didn't come. None is injected: none is lawful."""

    CRASH = "crash"
    """Besides, for each crash the objects of one receive: ten messages, none of which may have been deleted."""

    RESENT = "resent"
    """Besides, for each message that is in a queue twice, its object."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    :param name: lower case, digits and dashes. :param scenario: what is done; by default objects are sent until
        ``target`` calls met a fault. :param target: injections that suffice for the long run.
    :param beside: the destination that stays healthy, whose delay is measured: "s3", "logs", or "quiet" for the quiet
        tenant's. :param alone: it may hurt whatever runs beside it, so that nothing does.
    :param measures: what the documents bound; it is measured before anything hurts.
    :param lasting: if it goes on until the run ends, and so is begun early: deliveries of each object that wait.
    :param batches: of each of its objects.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    scenario: Callable[[Scene, "Kind", int], None] | None = None
    target: int = 200
    beside: str = "s3"
    bound: Bound = Bound.UNANSWERED
    host: Host = Host.FUNCTION
    alone: bool = False
    measures: Callable[[Scene], Measured] | None = None
    lasting: int = 0
    batches: int = 2
    tenants: int = 1

    def run(self, scene: Scene, target: int) -> None:
        """Let it happen ``target`` times."""
        (self.scenario or until_met)(scene, self, target)


def until_met(scene: Scene, kind: Kind, target: int) -> None:
    """Send objects until enough calls met a fault."""
    scene.begin(*kind.rules)
    try:
        scene.send_until(lambda: scene.injected >= target, at_most=100 * target)
    finally:
        scene.end()


WAVE_HITS, WAVE_OBJECTS, WAVE_SECONDS, RECOVERY_SECONDS = 25, 8, 6.0, 8.0


def in_waves(scene: Scene, kind: Kind, target: int) -> None:
    """Let it be broken and work again, over and over: an outage that lasts opens the circuit, and meets no call."""
    while scene.injected < target and not scene.is_over():
        enough = scene.injected + WAVE_HITS
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
    scene.wait_for(lambda: scene.has_arrived(object_, "s3", scene.tenant.log_group), RECOVERY_SECONDS)
