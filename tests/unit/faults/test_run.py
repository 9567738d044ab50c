"""What the run of faults does when it is told to end."""

import threading
from types import SimpleNamespace

import pytest

from local.waiting import wait_until
from tests.faults.kind import Kind
from tests.faults.ledger import OUTSIDE
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


def test_a_function_that_the_emulator_kills_is_the_one_whose_objects_may_come_twice(tmp_path):
    """Doubles in a log group would be excused by the end of a function that writes to none; or by none of the ends."""
    environment = SimpleNamespace(processor_function_name="Stack-Processor1")
    place = SimpleNamespace(home=tmp_path, environment=environment, outputs={"OutsideFunctionName": "Stack-Outside2"})
    log = tmp_path / "emulator.log"
    log.write_text("WARNING [lambda_runtime] Lambda Stack-Processor1 timed out after 5s: before the run\n")
    run = Run(place, [], Effort(1, 1, 1.0, TimeScale(1.0)), Screen(print, print, print, print))
    with run._noting_timeouts():
        with log.open("a") as lines:
            lines.write(
                "WARNING [lambda_runtime] Lambda Stack-Outside2 timed out after 10s\nTask timed out after 10.0 s\n"
            )
        wait_until(lambda: run.ledger.crashes, what="the ledger to note the end", timeout_seconds=10)
    assert [crash.host for crash in run.ledger.crashes] == [OUTSIDE]
