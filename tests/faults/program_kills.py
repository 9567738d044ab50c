"""The worker of programs killed at random points: ``python -m tests.faults.program_kills --kills 200``.

Deliveries with a program go on while somebody kills the process that runs it. Each is tried again from its checkpoint,
as a delivery message would have it, until it is done; every event is counted at the destination.
"""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, cast

import typer

from runtime.backoff import Retry
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED, EventRequest, Sender, Verdicts
from runtime.deliveries.method import Delivery, DeliveryServices
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.transform import Transform
from runtime.errors import RetryableError
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.programs.sandbox import Sandbox, host_sandbox
from runtime.time_budget import TimeBudget

KEY = "tenant_id=a/cluster_id=b/application=c/pod_name=d/20261123-101500-{}.json.gz"
BATCHES, EVENTS = 4, 300
SLOWLY = 'm = string!(.message)\nfor_each(split(m + m + m + m, "")) -> |_i, v| { .x = v }\n.message = m'


@dataclass(frozen=True, slots=True)
class KillReport:
    """How often the worker was killed, and what became of the events."""

    kills: int
    sent: int
    lost: int
    doubled: int
    attempts: int


class KilledConfig(DeliveryConfig):
    """A destination without fields."""

    facts = MethodFacts("killed", "Killed", Placement.INSIDE, Order.NONE, reads_events=True, limits=None)


class CountedMethod(EventMethod):
    """Counts what arrives."""

    seam = 2
    config_model = KilledConfig

    def __init__(self, arrived: Counter[str]) -> None:
        services = cast("DeliveryServices", SimpleNamespace(killed_programs=None))
        kept = cast("Any", SimpleNamespace(write=lambda *_, **__: None))
        super().__init__(services, set_aside=kept, retry=Retry(attempts=2, first=0.001, longest=0.002))
        self._arrived = arrived

    def open(self, delivery: Delivery) -> Sender:
        """Return what counts."""
        del delivery
        return cast("Sender", self)

    def send(self, request: EventRequest) -> Verdicts:
        """Take every event."""
        self._arrived.update(json.loads(literal) for literal in request.batch.literals)
        return DELIVERED


def kill_workers(kills: int, seed: int) -> KillReport:
    """Deliver objects until the worker was killed so often; count every event."""
    dice, arrived, attempts, number = random.Random(seed), Counter[str](), 0, 0
    method, sandbox = CountedMethod(arrived), host_sandbox()
    killer = _Killer(sandbox, kills, dice)
    killer.start()
    while killer.is_alive():
        attempts += _deliver(method, number)
        number += 1
    killer.join()
    expected = {f"{each} {batch} {at}" for each in range(number) for batch in range(BATCHES) for at in range(EVENTS)}
    lost, doubled = len(expected - arrived.keys()), sum(count - 1 for count in arrived.values())
    return KillReport(killer.done, len(expected), lost, doubled, attempts)


def _deliver(method: CountedMethod, number: int) -> int:
    """Deliver one object; return how many attempts it took."""
    transform = Transform(source=SLOWLY)
    config = KilledConfig(tenant_id="a", type="killed", transform=transform)
    object_ = StoredObject("central", ObjectKey.parse(KEY.format(number)), "e")
    batches = [_batch(number, index) for index in range(BATCHES)]
    source = SimpleNamespace(batches=lambda start: iter(batches[start:]))
    delivery = Delivery(object_, config, TimeBudget.of_seconds(60))
    for attempt in range(1, 100):
        with suppress(RetryableError):
            method.deliver(delivery, source)
            return attempt
    raise RuntimeError("a delivery doesn't come through")


def _batch(number: int, index: int) -> Batch:
    texts = [f"{number} {index} {at}" for at in range(EVENTS)]
    return Batch(
        index, list(range(1, EVENTS + 1)), [json.dumps(each).encode() for each in texts], list(map(len, texts))
    )


class _Killer(threading.Thread):
    """Kills the worker at random times, so often."""

    def __init__(self, sandbox: Sandbox, kills: int, dice: random.Random) -> None:
        super().__init__()
        self._sandbox, self._kills, self._dice = sandbox, kills, dice
        self.done = 0

    def run(self) -> None:
        last = None
        while self.done < self._kills:
            time.sleep(self._dice.uniform(0.0, 0.25))
            pid = self._sandbox.pid
            if pid is not None and pid != last:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.done, last = self.done + 1, pid


def main(kills: Annotated[int, typer.Option()] = 200, seed: Annotated[int, typer.Option()] = 1) -> None:
    """Kill the worker so often. Status 1 if an event is lost."""
    report = kill_workers(kills, seed)
    typer.echo(
        f"{report.kills} kills, {report.sent:,} events in {report.attempts} attempts: "
        f"{report.lost} lost, {report.doubled} doubled"
    )
    host_sandbox().close()
    if report.lost:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
