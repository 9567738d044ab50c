"""The short version of `make explore`, and that it finds what it is there to find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exploration import planted
from tests.exploration.faults import Fault
from tests.exploration.run import run, shrink
from tests.exploration.schedule import Schedule, Written, draw

HERE = Path(__file__).parent
SEEDS = 200
CHUNK = 20


@pytest.mark.parametrize("first", range(1, SEEDS, CHUNK))
def test_nothing_is_lost_whatever_goes_wrong(first):
    """Some order of faults, crashes and changed configs would lose or double events, or need a person."""
    assert {seed: failures for seed in range(first, first + CHUNK) if (failures := run(draw(seed)).failures)} == {}


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sts", "logs"])
def test_a_days_outage_heals_without_a_person(service):
    """A service of ours that is down for a day would lose or double events, or leave dead letters behind."""
    down = Fault(f"{service}:*", "refused", 0.0, 86_400.0)
    result = run(Schedule(1, "function", {"t-0": ("cloudwatch", "s3")}, (Written(0.0, "t-0", (1, 2)),), (down,)))
    assert result.failures == ()
    assert result.bitten > 20


@pytest.mark.parametrize("file", sorted((HERE / "found").glob("*.json")), ids=lambda file: file.stem)
def test_what_once_failed_holds(file):
    """A mended bug would come back."""
    assert run(Schedule.read(file.read_text())).failures == ()


@pytest.mark.parametrize("seed", [4, 10])
def test_the_same_seed_gives_the_same_run(seed):
    """A finding could not be made again, by another process."""
    first = run(draw(seed))
    assert run(draw(seed)) == first
    script = f"from tests.exploration import run, schedule; print(run.run(schedule.draw({seed})).digest)"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=HERE.parents[1], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [first.digest]


def test_a_schedule_is_read_as_it_was_written():
    """The file of a finding would show another one."""
    for seed in range(50):
        assert Schedule.read(draw(seed).write()) == draw(seed)


@pytest.mark.parametrize(
    ("bug", "seed"),
    [
        ("deleted before it is delivered", 90),
        ("empty answer is success", 18),
        ("checkpoint is forgotten", 39),
        ("failed hand over settles", 90),
        ("sent before it is set aside", 26),
        ("nothing is remembered", 68),
    ],
)
def test_a_planted_bug_is_found(bug, seed):
    """Exploration would pass whatever the runtime does."""
    with planted.ALL[bug]():
        assert run(draw(seed)).failures


def test_a_delivery_that_multiplies_is_found():
    """While answers of the delivery queue are lost, each attempt could leave a further copy."""
    schedule = Schedule.read((HERE / "found" / "answers-of-the-queue-are-lost.json").read_text())
    with planted.ALL["lost answers are sent again"]():
        assert {one.kind for one in run(schedule).failures} == {"multiplied"}


def test_what_fails_is_made_smaller():
    """Who looks into a finding would have to find out first what of it matters."""
    with planted.ALL["unset aside is acknowledged"]():
        drawn = draw(119)
        small = shrink(drawn, {"lost"})
        assert {one.kind for one in run(small).failures} == {"lost"}
    assert len(small.objects) == 1 < len(drawn.objects)
    assert len(small.faults) <= len(drawn.faults)
