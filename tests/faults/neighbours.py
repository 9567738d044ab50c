"""A healthy tenant's delay beside a broken one, and a quiet tenant's beside a noisy one."""

import itertools
import time

from tests.faults.injected import Fault, Hang, Refuse, Reset, Slow
from tests.faults.kind import Host, Kind, Turn
from tests.faults.measured import beside_a_noisy_one
from tests.faults.plan import Counts, rule
from tests.faults.scene import Phase, Scene

CALL_SECONDS = 0.04
"""What every call takes besides, as the processor's benchmark has it: the emulator answers in two milliseconds, AWS
doesn't, and a share of a delay that is the machine's own work alone says nothing of a delay there."""

ROUNDS = 3
OBJECTS_A_SECOND, BROKEN_EVERY = 5.0, 5
LEAST_SECONDS = 2.0
CROWD, CROWD_SECONDS = 100, 60.0
IDLE_SECONDS = 8.0


def broken_beside_healthy(scene: Scene, kind: Kind, target: int) -> None:
    """Send to healthy tenants and to one that is broken now and then, in turns.

    Each of the rounds has a phase with the fault between two without.
    """
    del target
    phases = 2 * ROUNDS + 1
    seconds = max(LEAST_SECONDS, (scene.deadline - time.monotonic()) / (1.5 * phases))
    scene.plan.call_seconds = CALL_SECONDS
    try:
        _at_a_steady_rate(scene, LEAST_SECONDS)  # sessions and configs are new
        scene.wait_for(scene.is_idle, IDLE_SECONDS)
        for number in range(phases):
            broken = number % 2 == 1
            if broken:
                scene.begin(*kind.rules)
            since = time.monotonic()
            _at_a_steady_rate(scene, seconds)
            scene.phases.append(Phase(since, time.monotonic(), broken))
            scene.end()
            scene.settle(IDLE_SECONDS)
    finally:
        scene.end()
        scene.plan.call_seconds = 0.0


def _at_a_steady_rate(scene: Scene, seconds: float) -> None:
    """Send, every few objects one to the broken tenant, below what the processor can do: a queue would hide delays."""
    begun = time.monotonic()
    healthy = itertools.cycle(scene.tenants[1:])
    for number in range(round(seconds * OBJECTS_A_SECOND)):
        scene.pause_until(begun + number / OBJECTS_A_SECOND)
        scene.send(scene.tenant if number % BROKEN_EVERY == 0 else next(healthy), waits=False)


def noisy_beside_quiet(scene: Scene, kind: Kind, target: int) -> None:
    """Let one tenant send a hundred slow objects at once, a quiet one its one into their midst; and again."""
    scene.begin(*kind.rules)
    for first in range(0, target, CROWD):
        crowd = min(CROWD, target - first)
        scene.crowd = max(scene.crowd, crowd)
        for number in range(crowd):
            scene.send(scene.tenant, waits=False)
            scene.inject("s3:notification")
            if number == crowd // 2:
                scene.send(scene.quiet, waits=False)
        scene.settle(CROWD_SECONDS)
    scene.end()


LOGS = "logs:PutLogEvents"
BROKEN: dict[str, Fault] = {
    "hanging": Hang(),
    "slow": Slow(1.0),
    "throttled": Refuse(400, "ThrottlingException"),
    "refusing": Reset(),
}
NEIGHBOURS: tuple[Kind, ...] = (
    *(
        Kind(
            f"healthy-beside-{name}-in-{host.value}",
            (rule(LOGS, fault, 1.0),),
            scenario=broken_beside_healthy,
            target=3,
            beside="quiet",
            host=host,
            turn=Turn.QUIET,
            tenants=5,
            weight=4.0,
        )
        for host in (Host.FUNCTION, Host.POLLER)
        for name, fault in BROKEN.items()
    ),
    Kind(
        "noisy-tenant-beside-a-quiet-one",
        (rule(LOGS, Slow(0.3), 1.0, counts=Counts.NONE),),
        scenario=noisy_beside_quiet,
        beside="quiet",
        turn=Turn.QUIET,
        measures=beside_a_noisy_one,
        weight=2.0,
    ),
)
"""What is measured is the others' delay: nothing else may run."""
