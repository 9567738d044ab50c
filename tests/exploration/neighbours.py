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
INVOCATIONS = 20  # of the function for a queue, at most: the constructs' default
BURST = 60  # objects of each tenant, all at once
STREAM_SECONDS, EACH_SECONDS = 120, 2.0


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from the writing of a healthy tenant's object to its delivery."""

    median: float
    last: float


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
    """Run it; return the healthy tenants' delays beside one whose log group fails in that way (``None``: in none)."""
    faults = (Fault("logs:*", kind, 0.0, FAILS_SECONDS, FAILING),) if kind else ()
    schedule = Schedule(1, host, TENANTS, objects, faults)
    found = []

    def look(world):
        for tenant in set(TENANTS) - {FAILING}:
            arrived = dict(world.arrived(tenant, "cloudwatch"))
            for key, owed in world.owed[tenant, "cloudwatch"].items():
                found.extend(arrived[what] - START - world.written_at[key] for what in owed)

    result = run(schedule, look, invocations=INVOCATIONS)
    assert {failure.kind for failure in result.failures} <= {"late"}, result.failures
    return Delays(statistics.median(found), max(found))


def main():
    """Print how many times as long they take beside a failing neighbour."""
    table = Table("host", "objects", "neighbour", "median, s", "times", "last, s", "times", title="healthy tenants")
    for host in HOSTS:
        for name, objects in (("burst", burst()), ("stream", stream())):
            alone = delays(host, objects)
            table.add_row(host, name, "none fails", f"{alone.median:.2f}", "", f"{alone.last:.2f}", "")
            for kind in KINDS:
                beside = delays(host, objects, kind)
                table.add_row(
                    "",
                    "",
                    kind,
                    f"{beside.median:.2f}",
                    f"{beside.median / alone.median:.2f}",
                    f"{beside.last:.2f}",
                    f"{beside.last / alone.last:.2f}",
                )
    console.print(table)


if __name__ == "__main__":
    main()
