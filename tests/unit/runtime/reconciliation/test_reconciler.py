"""The reconciler: finds what nothing told of, hands it over once, and leaves alone what may be on its way."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.messages.notifications import read_notification
from runtime.metrics.lines import MetricLines
from runtime.rate_limit import RateLimiter
from runtime.reconciliation.comparison import Comparison
from runtime.reconciliation.reconciler import Limits, Reconciler
from runtime.record_log.lines import RecordLine
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, World

HOUR = 3_600.0
LONG = 10_000.0


def key(at, tenant="acme", number=0):
    name = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d-%H%M%S")
    return f"tenant_id={tenant}/cluster_id=c/application=a/pod_name=p/{name}-{number}.json.gz"


class Scene:
    """Under a clock of its own, a day ahead of the objects' LastModified; ``told`` are the records of objects."""

    def __init__(self, clients):
        self.world = World(clients)
        self.written = datetime.now(UTC).timestamp() // HOUR * HOUR
        self.now = self.written + 24 * HOUR
        self.notified = []
        self.clients = clients
        records = SimpleNamespace(lines=self.lines)
        self.progress = ReconciliationProgress(clients, "parked")
        self.reconciler = Reconciler(
            clients,
            Comparison(clients, CENTRAL, records),
            self.progress,
            self.world.queues["objects"],
            limits=Limits(older_than=2 * HOUR),
            lines=MetricLines(),
            limiter=RateLimiter(1e6),
            clock=lambda: self.now,
        )

    def lines(self, since, until, **wanted):
        for at, object_ in self.notified:
            fields = {"object": object_, "notified": 1, "tenant_id": object_.split("/")[0].removeprefix("tenant_id=")}
            if since <= at < until and all(fields.get(name) == value for name, value in wanted.items()):
                yield RecordLine(at, fields)

    def put(self, *keys):
        for each in keys:
            self.world.put_object(each, b"x")

    def settle(self, *keys, at=None):
        self.notified += [(at or self.written + 60, each) for each in keys]

    def run(self, seconds=LONG):
        return self.reconciler.run(TimeBudget.of_seconds(seconds))

    def sent(self):
        """The keys of the notifications in the object queue."""
        bodies = [json.loads(message.body) for message in self.world.messages("objects")]
        return [created.object_key().key for body in bodies for created in read_notification(body).created]

    def leave_waiting(self):
        self.world.plain("sqs").send_message(QueueUrl=self.world.queues["objects"], MessageBody="{}")


@pytest.fixture
def scene(clients):
    return Scene(clients)


@pytest.fixture
def lost(scene):
    """Two tenants with settled objects in several hours, and two objects that nothing told of."""
    settled = [key(scene.written - hour * HOUR, tenant, hour) for hour in range(10) for tenant in ("acme", "globex")]
    missing = [key(scene.written - 3 * HOUR, "acme", 100), key(scene.written - 5 * HOUR, "globex", 101)]
    scene.put(*settled, *missing)
    scene.settle(*settled)
    return sorted(missing)


def test_what_nothing_told_of_is_handed_over_once(scene, lost, capsys):
    """An object whose notification got lost would never be delivered; or at each run again."""
    found = scene.run()
    assert (found.compared, found.missed, found.handed_over, found.complete) == (22, 2, 2, True)
    assert sorted(scene.sent()) == sorted(found.keys) == lost
    (line,) = emf(capsys)
    assert (line["ComparedObjects"], line["MissedNotifications"]) == (22, 2)
    assert line["ReconciliationLag"] < 3 * HOUR
    scene.settle(*scene.sent(), at=scene.now)
    scene.world.empty("objects")
    scene.now += HOUR
    again = scene.run()
    assert (again.missed, scene.sent()) == (0, [])


def test_runs_side_by_side_hand_over_once(scene, lost):
    """Two runs that find the same would have it delivered twice."""
    budget = TimeBudget.of_seconds(LONG)
    since, until = scene.written - 12 * HOUR, scene.now
    counts = [scene.reconciler.run_between(since, until, HOUR, budget).handed_over for _ in range(2)]
    assert counts == [2, 0]


def test_what_was_claimed_and_never_sent_is_sent_later(scene, lost):
    """Who was killed between claiming and sending would leave the object lost for good, though Lambda runs it again."""
    scene.progress.claim(lost[0], scene.now, 1.0)
    found, sent = scene.run(), scene.sent()
    assert (found.handed_over, found.complete) == (1, False)
    for _ in range(3):  # the schedule's next runs
        scene.settle(*sent, at=scene.now)
        scene.world.empty("objects")
        scene.now += 6 * HOUR
        assert scene.run().complete
        sent += scene.sent()
    assert sorted(sent) == sorted(lost)


def test_what_was_written_lately_is_left_alone(scene, lost):
    """An object whose message is being worked on would be delivered twice."""
    older_than = 24 * HOUR  # the objects were written in the hour after that
    found = scene.reconciler.run_between(scene.written - 9 * HOUR, scene.now, older_than, TimeBudget.of_seconds(LONG))
    assert (found.missed, scene.sent()) == (0, [])


@pytest.mark.parametrize(("lag", "words"), [(None, "has received none lately"), (1.9 * HOUR, "is behind"), (60.0, "")])
def test_nothing_is_handed_over_beside_a_queue_that_is_behind(scene, lost, lag, words):
    """After an outage everything that still waits would be delivered twice; or, under load, nothing ever."""
    scene.leave_waiting()
    if lag is not None:
        scene.settle(key(scene.now - lag - 60, number=7), at=scene.now - 60)
    found = scene.run()
    assert words in found.postponed
    assert found.missed == 2
    assert found.handed_over == (0 if words else 2)
    assert found.complete is not bool(words)


def test_silent_records_are_no_proof(scene, lost):
    """A log group that is missing from the settings would have everything delivered again."""
    scene.notified.clear()
    found = scene.run()
    assert (found.handed_over, found.complete) == (0, False)
    assert "RECORD_LOG_GROUPS" in found.postponed
    assert scene.progress.through() < scene.written - 9 * HOUR


def test_a_run_goes_on_where_the_last_one_ended(scene, lost, clients):
    """Every run would list three days again; or hours after a run that failed would never be looked at."""
    scene.run()
    first = clients.count()["ListObjectsV2"]
    assert scene.progress.through() == scene.now // HOUR * HOUR - 2 * HOUR
    scene.now += 6 * HOUR
    scene.run()
    assert clients.count()["ListObjectsV2"] - first < first / 3


def test_an_object_of_an_older_name_is_found_by_the_second_look(scene):
    """What an agent wrote after hours of retrying would never be looked at."""
    scene.settle(key(scene.written - HOUR))
    scene.run()
    late = key(scene.now - 5 * HOUR, number=9)
    scene.put(late)
    scene.now += 6 * HOUR
    assert scene.run().keys == (late,)


def test_a_spent_budget_leaves_the_rest_to_the_next_run(scene, lost):
    """A killed run would lose its place, or count hours as compared that it never looked at."""
    found = scene.run(seconds=1.0)
    assert (found.complete, found.compared, scene.progress.through()) == (False, 0, None)
    assert scene.run().handed_over == 2


def test_progress_never_goes_back(scene):
    """A slow run that ends after a faster one would make the next one look again at everything."""
    scene.progress.save(200.0)
    scene.progress.save(100.0)
    assert scene.progress.through() == 200.0


def test_an_object_that_is_gone_is_no_finding(scene, lost):
    """An expired object would be handed over, and fail."""
    scene.settle(key(scene.written - 4 * HOUR, number=55))
    found = scene.run()
    assert replace(found, keys=()).missed == 2
