"""What the run of faults does when it is told to end."""

import threading

import pytest

from tests.faults.kind import Kind
from tests.faults.run import SIDE_BY_SIDE, Effort, Run, Screen
from tests.faults.scene import Scene
from tests.faults.short_timeouts import TimeScale


def test_a_run_that_is_told_to_end_waits_for_no_kind():
    """Ctrl-C would leave the embedded cloud and its processes at work until every kind's share of time is over."""
    begun, ended = [], threading.Event()

    def scenario(scene, kind, target):
        begun.append(kind.name)
        ended.set()
        scene.wait_for(lambda: False, 240.0)

    def told_to_end(_):
        ended.wait(60.0)
        raise SystemExit(143)

    kinds = [Kind(f"kind-{number}", scenario=scenario) for number in range(SIDE_BY_SIDE + 3)]
    screen = Screen(print, told_to_end, print, print)
    run = Run(None, kinds, Effort(1, 1, 240.0, TimeScale(1.0)), screen)
    scenes = {kind: Scene(None, None, run.ledger, kind.name, (), run.numbers, run.stop) for kind in kinds}
    with pytest.raises(SystemExit):
        run._side_by_side(kinds, scenes, 1e9)
    assert len(begun) <= SIDE_BY_SIDE
