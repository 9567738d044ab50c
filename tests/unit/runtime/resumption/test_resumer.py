"""Resuming: when, in which order, how fast, and what a crash at any point leaves behind."""

import json
import time
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from runtime.backoff import Backoff
from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import CLAIM_SECONDS, ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import RetryableError
from runtime.messages import queue_circuit
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import HandOver, Schedule
from runtime.rate_limit import RateLimiter
from runtime.resumption.resumer import Resumer
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

PER_SECOND = 16.0  # a power of two: its intervals add up exactly


class Scene:
    """Parked deliveries and a resumer, under a clock that only waiting moves."""

    def __init__(self, clients):
        self.world = World(clients)
        self.now = time.time()
        self.waited = []
        self.table = ParkedDeliveries(clients, "parked")
        self.statuses = DestinationStatuses(clients, "parked", self.clock)
        models = {"s3": S3Config}
        self.resumer = Resumer(
            self.table,
            self.statuses,
            DeliveryConfigRepository(clients, "configs", models, cache_seconds=0, clock=self.clock),
            HandOver(clients, self.world.queues["deliveries"], Schedule(), self.clock),
            RateLimiter(PER_SECOND, self.clock, self.wait),
            delays=Backoff(60, 3600),
            clock=self.clock,
            wait=self.wait,
        )

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.waited.append(seconds)
        self.now += seconds

    def park(self, *numbers, type_="s3", due=0.0, **fields):
        """Park deliveries; the higher its number, the younger one is."""
        for number in numbers:
            message = DeliveryMessage(
                CENTRAL,
                KEY.replace("6f9", f"{number:03d}"),
                "acme-corp",
                type_,
                attempt=9,
                checkpoint=4,
                first_attempt_at=self.now - 100_000 + number,
                reason="no-such-bucket",
                **fields,
            )
            error = RetryableError("no-such-bucket", "create it")
            parked = ParkedDelivery.of(message, error, now=self.now - 50, expires_at=None)
            self.table.park(parked, self.now + due)

    def run(self, seconds=300.0):
        return self.resumer.run(TimeBudget.of_seconds(seconds, self.clock))

    def sent(self):
        """What was sent since this was asked last."""
        queue = self.world.messages("deliveries")
        sent = [DeliveryMessage.read(json.loads(message.body)) for message in queue]
        self.world.empty("deliveries")
        return sent

    def numbers(self):
        return [int(message.key[-11:-8]) for message in self.sent()]

    def left(self):
        return [int(item["object_key"]["S"][-11:-8]) for item in self.world.parked()]


@pytest.fixture
def scene(clients):
    return Scene(clients)


def test_one_probe_goes_first(scene):
    """A destination that is still broken would be sent everything that waits for it."""
    scene.world.put_config()
    scene.park(3, 1, 2)
    scene.run(30)
    (probe,) = scene.sent()
    assert (probe.key[-11:-8], probe.probe, probe.resumptions, probe.checkpoint) == ("001", True, 1, 4)
    assert sorted(scene.left()) == [2, 3]


def test_what_works_again_is_resumed_oldest_first(scene):
    """Nobody would send what is parked; or yesterday's logs would come after today's."""
    scene.world.put_config()
    scene.park(*range(9, -1, -1))
    scene.run(30)
    assert scene.numbers() == [0]
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    scene.now += 1
    assert scene.run() == 9
    assert scene.numbers() == list(range(1, 10))
    assert scene.left() == []
    assert scene.statuses.of("acme-corp", "s3").due_at is None


def test_the_rate_is_limited(scene):
    """What is resumed would push aside what has just been written."""
    scene.world.put_config()
    scene.park(*range(60))
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    begun = scene.now
    assert scene.run() == 60
    assert scene.now - begun >= 59 / PER_SECOND


def test_a_new_schedule_begins_for_what_is_resumed(scene):
    """A passing failure right after the repair would park it again at once."""
    scene.world.put_config()
    scene.park(0)
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    scene.run()
    (message,) = scene.sent()
    assert not message.probe
    assert message.schedule_from >= scene.now - 5
    assert not Schedule().is_over(message, scene.now + 80_000)


def test_the_delays_between_probes_grow(scene):
    """A destination that stays broken would be tried every minute for weeks, or once and never again."""
    scene.world.put_config()
    scene.park(0)
    probes = []
    for _ in range(400):
        scene.run(20)
        if scene.sent():
            probes.append(scene.now)
            scene.now += 0.5
            scene.statuses.failed("acme-corp", "s3", RetryableError("no-such-bucket"))
            scene.park(0, due=60, resumptions=len(probes))
        scene.now += 30
    delays = [later - earlier for earlier, later in pairwise(probes)]
    assert 60 <= delays[0] < 120
    assert all(later >= earlier - 60 for earlier, later in pairwise(delays))
    assert 3600 <= delays[-1] < 3700


def test_a_changed_config_is_tried_at_once(scene):
    """A customer who has mended their config would wait for an hour without knowing why."""
    scene.world.put_config()
    scene.park(0, due=3000)
    assert scene.run() == 0
    scene.resumer.config_changed("acme-corp", "s3")
    assert scene.run(30) == 1


def test_a_changed_config_without_parked_deliveries_does_nothing(scene):
    """Every new config would make an item that is looked after for ever."""
    scene.resumer.config_changed("acme-corp", "s3")
    assert (scene.run(), scene.statuses.due()) == (0, [])


@pytest.mark.parametrize("change", ["absent", "disabled", "invalid"])
def test_without_a_live_config_nothing_is_sent(scene, change):
    """What is parked because its config is gone would go round in circles."""
    if change == "disabled":
        scene.world.put_config(enabled=False)
    if change == "invalid":
        scene.world.put_config(bucket_name="NOT A BUCKET")
    scene.park(0)
    assert scene.run() == 0
    assert (scene.sent(), scene.left()) == ([], [0])
    scene.world.put_config()
    scene.resumer.config_changed("acme-corp", "s3")
    assert scene.run(30) == 1


def test_one_that_fails_for_itself_does_not_hold_up_the_others(scene):
    """A single object that its destination refuses would be the probe for ever."""
    scene.world.put_config()
    scene.park(0, resumptions=1)
    scene.park(1, 2)
    scene.run(30)
    assert scene.numbers() == [1]


def test_a_killed_run_loses_nothing_and_repeats_one_at_most(scene):
    """A delivery would be removed before it was sent; or everything be sent again."""
    scene.world.put_config()
    scene.park(0, 1, 2)
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    scene.world.clients.faults["DeleteItem"] = Fault(error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        scene.run()
    assert (scene.numbers(), sorted(scene.left())) == ([0], [0, 1, 2])
    scene.world.clients.faults.clear()
    scene.now += 61
    assert scene.run() == 2
    assert scene.numbers() == [1, 2]
    scene.now += CLAIM_SECONDS + 100
    assert scene.run() == 1
    assert (scene.numbers(), scene.left()) == ([0], [])


def test_what_could_not_be_sent_is_tried_again_within_two_minutes(scene, monkeypatch):
    """After an outage of the delivery queue it would wait for as long as what a killed run has taken."""
    monkeypatch.setattr(queue_circuit, "PAUSES", Backoff(0.0, 0.0))
    scene.world.put_config()
    scene.park(0)
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    scene.world.clients.faults["SendMessage"] = Fault("ServiceUnavailable", 503)
    with pytest.raises(ClientError):
        scene.run()
    scene.world.clients.faults.clear()
    scene.now += 121
    assert scene.run() == 1
    assert (scene.numbers(), scene.left()) == ([0], [])


def test_what_is_parked_anew_meanwhile_stays(scene):
    """A delivery that failed again at once would be removed as if it had been resumed: lost."""
    scene.world.put_config()
    scene.park(0)
    sqs = scene.world.clients.client("sqs")
    sqs.meta.events.register("after-call.sqs.SendMessage", lambda **_: scene.park(0, resumptions=1))
    scene.run(10)
    assert scene.left() == [0]


def test_two_runs_side_by_side_send_nothing_twice(scene):
    """The stream's run and the schedule's would both resume the same delivery."""
    scene.world.put_config()
    scene.park(0)
    (parked,) = scene.table.next_in_order("acme-corp", "s3", limit=5)
    assert scene.table.claim(parked, scene.now)
    assert not scene.table.claim(parked, scene.now)
    assert scene.run() == 0
    assert scene.sent() == []


def test_destinations_are_independent(scene):
    """A broken destination would hold up another one's parked deliveries."""
    scene.world.put_config("s3")
    scene.world.put_config("s3:eu")
    scene.park(0, 1, type_="s3")
    scene.park(2, 3, type_="s3:eu")
    scene.statuses.succeeded("acme-corp", "s3:eu", 1.0)
    scene.run(60)
    assert sorted(scene.numbers()) == [0, 2, 3]


def test_a_spent_budget_ends_it(scene):
    """The function would be killed in the middle of its work."""
    scene.world.put_config()
    scene.park(*range(200))
    scene.statuses.succeeded("acme-corp", "s3", 1.0)
    begun = scene.now
    assert 0 < scene.run(8) < 200
    assert scene.now - begun <= 8
