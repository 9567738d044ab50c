"""The stand-ins behave as the services do; `tests/integration/test_behaviours.py` holds the emulator to the same."""

from types import SimpleNamespace

import pytest

from runtime import scheduling
from runtime.aws.credentials import Credentials, use_credentials
from tests.exploration.behaviours import BEHAVIOURS
from tests.exploration.cloud import INDEXES, Cloud
from tests.exploration.faults import Faults
from tests.exploration.run import clients
from tests.exploration.simulation import Simulation
from tests.exploration.stand_ins.buckets import Bucket
from tests.exploration.stand_ins.queues import Queue
from tests.exploration.stand_ins.roles import Session
from tests.exploration.stand_ins.tables import Table


class Scene:
    """What a behaviour needs, among the stand-ins."""

    def __init__(self, simulation, cloud):
        self.simulation = simulation
        self.cloud = cloud
        self.client = clients().client

    def queues(self, max_receives=None):
        """Make a queue and its dead letters."""
        dead = Queue(self.simulation, "dead")
        queue = Queue(self.simulation, "queue", max_receives=max_receives, dead_letters=dead)
        self.cloud.queues.queues |= {dead.url: dead, queue.url: queue}
        return queue.url, dead.url

    def table(self):
        """Make a table."""
        self.cloud.services["dynamodb"].tables["table"] = Table(self.simulation, "table", "delivery", INDEXES)
        return "table"

    def bucket(self):
        """Make a bucket with versions."""
        self.cloud.buckets.buckets["bucket"] = Bucket("bucket", versioned=True)
        return "bucket"

    def group(self):
        """Make a log group."""
        self.cloud.logs.create("222222222222", "/group")
        return "/group"

    def indexed(self):
        """Wait until the index has what the table has."""
        self.simulation.sleep(1.0)

    def now_ms(self):
        """Return the time."""
        return int(self.simulation.now() * 1000)


@pytest.fixture
def scene():
    """Stand-ins without faults; calls are signed by a customer's session."""
    simulation = Simulation(1)
    cloud = Cloud(simulation, Faults(simulation, ()))
    clients().enter(cloud)
    cloud.roles._sessions["ASIA"] = Session("arn:aws:iam::222222222222:role/r", "acme", float("inf"))
    with scheduling.use(simulation), use_credentials(Credentials("ASIA", "secret", "token", float("inf"))):
        yield Scene(simulation, cloud)
        simulation.end()


@pytest.mark.parametrize("check", BEHAVIOURS, ids=lambda check: check.__name__)
def test_a_stand_in_behaves_as_the_service_does(scene, check):
    """Exploration would look for faults in a world that doesn't exist."""
    check(scene)


def test_a_session_ends_after_its_hour():
    """A day's outage would be explored with sessions that AWS has long called expired."""
    simulation = Simulation(1)
    cloud = Cloud(simulation, Faults(simulation, ()))
    cloud.roles._sessions["ASIA"] = Session("role", "acme", simulation.now() + 3600)
    call = SimpleNamespace(access_key="ASIA", service="logs")
    assert cloud.roles.session(call)
    simulation.elapsed += 3601
    with pytest.raises(Exception, match="ExpiredTokenException"):
        cloud.roles.session(call)
