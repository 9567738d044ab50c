"""What a destination that fails adds to its healthy neighbours' delays: in simulated time, free of a machine's load.

``python -m tests.exploration.neighbours`` prints the table of docs/reliability.md.
"""

import statistics
from dataclasses import dataclass

from rich.table import Table

from local.reporting import console
from tests.exploration.faults import Fault
from tests.exploration.run import run
from tests.exploration.schedule import Schedule, Written
from tests.exploration.simulation import START

HOSTS = ("poller", "function")
KINDS = ("hangs", "slow", "throttled", "refused")
TENANTS = {f"t-{number}": ("cloudwatch",) for number in range(4)}
FAILING = "t-0"
FAILS_SECONDS = 1_800.0
SEEDS = (1, 2, 3)
INVOCATIONS = 20  # of the function for a queue, at most: the constructs' default
BURST = 60  # objects of each tenant, all at once
STREAM_SECONDS, EACH_SECONDS = 120, 2.0
ENDPOINTS = {f"t-{number}": ("cloudwatch", "webhook") for number in range(50)}
"""Each has a destination in AWS that works, and an endpoint of its own that doesn't."""
ENDPOINT_KINDS = {"hangs": "hangs", "answers late": "slow", "answers 500": "refused", "cuts": "unsent", "lies": "lost"}
ENDPOINTS_FAIL_SECONDS, ENDPOINT_OBJECTS = 120.0, 4


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from the writing of an object to its delivery at a healthy destination."""

    median: float
    late: float  # of the slowest twentieth, the quickest
    last: float

    @classmethod
    def of(cls, world, destinations):
        """Return those of all objects of some destinations, which have all arrived."""
        return cls.among(seconds(world, destinations))

    @classmethod
    def among(cls, found):
        """Return those among such seconds."""
        return cls(statistics.median(found), statistics.quantiles(found, n=20)[-1], max(found))


def seconds(world, destinations):
    """Return how long each object of some destinations took, which have all arrived."""
    found = []
    for destination in destinations:
        arrived = dict(world.arrived(*destination))
        for key, owed in world.owed[destination].items():
            found.extend(arrived[what] - START - world.written_at[key] for what in owed)
    return found


def burst():
    """Return objects of all tenants that are written at once."""
    return tuple(Written(0.0, tenant, (1,)) for _ in range(BURST) for tenant in TENANTS)


def stream():
    """Return objects that every tenant writes, one after the other."""
    times = [number * EACH_SECONDS for number in range(int(STREAM_SECONDS / EACH_SECONDS))]
    return tuple(
        Written(at + index * EACH_SECONDS / len(TENANTS), tenant, (1,))
        for at in times
        for index, tenant in enumerate(TENANTS)
    )


def delays(host, objects, kind=None):
    """Run it; return the healthy tenants' delays beside one whose log group fails in that way (``None``: in none).

    Some seeds together: with another one, alone, the median is 10 % more or less, and the last object 20 %.
    """
    faults = (Fault("logs:*", kind, 0.0, FAILS_SECONDS, FAILING),) if kind else ()
    found = []

    def look(world):
        found.extend(seconds(world, [(tenant, "cloudwatch") for tenant in TENANTS if tenant != FAILING]))

    for seed in SEEDS:
        result = run(Schedule(seed, host, TENANTS, objects, faults), look, invocations=INVOCATIONS)
        assert {failure.kind for failure in result.failures} <= {"late"}, result.failures
    return Delays.among(found)


def beside_endpoints(host, kind=None, *, apart=True):
    """Run fifty tenants with an endpoint each, which fails in that way; return the delays of what they have in AWS.

    :param apart: false: the one processor delivers to the endpoints, too, as it never does where it is deployed.
    """
    pause = EACH_SECONDS / len(ENDPOINTS)
    numbered = [(turn, index, tenant) for turn in range(ENDPOINT_OBJECTS) for index, tenant in enumerate(ENDPOINTS)]
    objects = tuple(
        Written(30.0 + turn * EACH_SECONDS + index * pause, tenant, (1,)) for turn, index, tenant in numbered
    )
    faults = (Fault("https:POST", ENDPOINT_KINDS[kind], 0.0, ENDPOINTS_FAIL_SECONDS),) if kind else ()
    found = []

    def look(world):
        found.append(Delays.of(world, [(tenant, "cloudwatch") for tenant in ENDPOINTS]))

    result = run(Schedule(1, host, ENDPOINTS, objects, faults), look, invocations=INVOCATIONS, apart=apart)
    assert not result.failures, result.failures
    assert bool(result.bitten) is bool(kind)
    return found[0]


def main():
    """Print how many times as long they take beside a failing neighbour."""
    columns = ("host", "objects", "neighbour", "median, s", "times", "95 %, s", "times", "last, s")
    table = Table(*columns, title="healthy tenants")
    for host in HOSTS:
        for name, objects in (("burst", burst()), ("stream", stream())):
            alone = delays(host, objects)
            table.add_row(host, name, "none fails", *_row(alone, alone))
            for kind in KINDS:
                table.add_row("", "", kind, *_row(delays(host, objects, kind), alone))
    console.print(table)
    console.print(_endpoints_table())


def _row(beside, alone):
    times = (beside.median / alone.median, beside.late / alone.late)
    return f"{beside.median:.3f}", f"{times[0]:.2f}", f"{beside.late:.3f}", f"{times[1]:.2f}", f"{beside.last:.2f}"


def _endpoints_table():
    columns = ("host", "endpoints", "median, s", "times", "95 %, s", "times")
    table = Table(*columns, title=f"{len(ENDPOINTS)} destinations in AWS beside {len(ENDPOINTS)} endpoints")
    for host in HOSTS:
        alone = beside_endpoints(host)
        table.add_row(host, "work", f"{alone.median:.3f}", "", f"{alone.late:.3f}", "")
        for kind in ENDPOINT_KINDS:
            beside = beside_endpoints(host, kind)
            ratios = (f"{beside.median / alone.median:.2f}", f"{beside.late / alone.late:.2f}")
            table.add_row("", kind, f"{beside.median:.3f}", ratios[0], f"{beside.late:.3f}", ratios[1])
    return table


if __name__ == "__main__":
    main()
