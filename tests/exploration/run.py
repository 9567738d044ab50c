"""Runs one schedule, and makes the smallest of one that fails."""

import json
import logging
import random
import sys
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

from runtime import scheduling
from tests.exploration import judgement
from tests.exploration.cloud import Clients, Cloud, Records
from tests.exploration.faults import Faults
from tests.exploration.hosts import Hosts
from tests.exploration.judgement import Allowance, Failure
from tests.exploration.schedule import draw
from tests.exploration.simulation import Simulation, StuckError
from tests.exploration.world import World

HEALING_SECONDS = 20 * 3600.0
"""From the last fault on: the longest delay and the longest probe (an hour each), two reconciliations (six hours)."""
LOOK_SECONDS = 30.0
SHRINKS = 200  # schedules that are tried for a smaller one


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. ``story``: its calls."""

    failures: tuple[Failure, ...]
    digest: str
    seconds: float
    bitten: int
    story: tuple[str, ...]
    lost: int = 0


@cache
def clients():
    """Make the clients, once a process."""
    return Clients()


def run(schedule, look=lambda _: None, invocations=0, *, apart=True):
    """Run a schedule to its end; the same one gives the same result. ``look`` is shown the world at the end.

    :param invocations: to which the function is scaled up where messages wait; 0: it isn't.
    :param apart: what customers' endpoints get is delivered by a processor of its own, as it is deployed.
    """
    simulation = Simulation(schedule.seed)
    faults = Faults(simulation, schedule.faults)
    cloud = Cloud(simulation, faults)
    world = World(schedule, simulation, cloud)
    allowance = Allowance(schedule, cloud)
    faults.killed, faults.shown_twice = allowance.killed, allowance.shown_twice
    clients().enter(cloud)
    random.seed(schedule.seed)
    logging.disable()
    records = Records(cloud, json.loads)
    with scheduling.use(simulation), patch.object(sys, "stdout", records):
        outside = apart and any("webhook" in types for types in schedule.tenants.values())
        hosts = Hosts(simulation, cloud, clients(), schedule.attempts_seconds, outside=outside)
        with hosts.patched():
            try:
                hosts.begin(schedule.host, schedule.hosts, invocations)
                _plan(schedule, simulation, world, hosts)
                healed = _wait(schedule, simulation, world)
                found = judgement.judge(schedule, world, hosts, faults.bitten, allowance, healed=healed)
            except (Exception, StuckError) as error:  # noqa: BLE001 - a crash is a finding
                found = [Failure("crashed", f"{type(error).__name__}: {error}")]
            look(world)
            seconds = simulation.elapsed
            simulation.end()
    logging.disable(logging.NOTSET)
    lost = sum(one.kind == "lost" for one in found)
    return Result(tuple(found), cloud.digest(), seconds, len(faults.bitten), tuple(cloud.story), lost)


def _plan(schedule, simulation, world, hosts):
    """Let everything that was drawn happen at its time."""

    def at(time, what):
        def wait():
            simulation.sleep(time - simulation.elapsed)
            what()

        simulation.spawn(wait, "plan")

    for number, written in enumerate(schedule.objects):
        at(written.at, lambda number=number: world.write(number))
    for change in schedule.changes:
        at(change.begin, lambda change=change: world.change(change))
        at(change.end, lambda change=change: world.change_back(change))
    for time in schedule.stops:
        at(time, hosts.stop_one)
    for time in schedule.replays:
        at(time, lambda: hosts.replay(min(schedule.tenants)))


def _wait(schedule, simulation, world):
    """Wait until nothing is missing and nothing waits; false if it never comes to that."""
    simulation.sleep(schedule.end + 1.0)
    while simulation.elapsed < schedule.end + HEALING_SECONDS:
        if not judgement.waiting(world.cloud) and not judgement.missing(schedule, world):
            return True
        simulation.sleep(LOOK_SECONDS)
    return False


def shrink(schedule, kinds):
    """Return the smallest schedule found that still fails in one of these ways."""
    tries = 0
    smaller = iter(schedule.smaller())
    while (candidate := next(smaller, None)) is not None and tries < SHRINKS:
        tries += 1
        if {one.kind for one in run(candidate).failures} & kinds:
            schedule, smaller = candidate, iter(candidate.smaller())
    return schedule


def run_seeds(seeds):
    """Run the schedules of some seeds; return their part of the report. Here, as a process imports no ``__main__``."""
    results = {seed: run(draw(seed)) for seed in seeds}
    return {
        "schedules": len(results),
        "faults": sum(one.bitten for one in results.values()),
        "simulated_seconds": sum(one.seconds for one in results.values()),
        "lost": sum(one.lost for one in results.values()),
        "failing": [
            {"seed": seed, "what": "; ".join(f"{each.kind}: {each.what}" for each in one.failures)}
            for seed, one in results.items()
            if one.failures
        ],
    }
