"""Objects in the central bucket, a tenant with configs, and a replay's parts on moto."""

import time

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.replays import Replay, Replays
from runtime.messages.hand_over import HandOver, Schedule
from runtime.replay.listing import Listing
from runtime.replay.run import ReplayRunner
from runtime.time_budget import TimeBudget
from tests.unit.runtime.processor.world import CENTRAL, World

MODELS = {"s3": S3Config, "cloudwatch": CloudWatchConfig}
PER_SECOND = 50.0


def key(number, *, tenant="acme-corp", cluster="c-1", application="etcd", day="20261120"):
    """An object's key; its time is ``day`` and as many seconds past midnight as its number."""
    at = f"{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}"
    folder = f"tenant_id={tenant}/cluster_id={cluster}/application={application}/pod_name=p-0"
    return f"{folder}/{day}-{at}-{number:04d}.json.gz"


class ReplayScene:
    """Under a clock that only waiting moves."""

    def __init__(self, clients):
        self.world = World(clients)
        self.now = time.time()
        self.replays = Replays(clients, "parked", self.clock)
        self.runner = ReplayRunner(
            self.replays,
            Listing(clients, CENTRAL),
            DeliveryConfigRepository(clients, "configs", MODELS, cache_seconds=60, clock=self.clock),
            HandOver(clients, self.world.queues["deliveries"], Schedule(), self.clock),
            clock=self.clock,
            wait=self.wait,
        )

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds

    def put(self, *keys):
        for each in keys:
            self.world.put_object(each, b"x" * 10)

    def start(self, selection):
        return self.replays.start(Replay(selection, PER_SECOND, requested_by="test"))

    def run(self, replay, seconds=3000.0, **more):
        return self.runner.run(replay, TimeBudget.of_seconds(seconds, self.clock), **more)

    def sent(self):
        """The keys and types of the delivery messages, in their order."""
        return [(message.key, message.type) for message in self.world.handed_over()]
