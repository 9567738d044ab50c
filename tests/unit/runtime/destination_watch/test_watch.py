"""The watch over destinations: who counts as late, who as silent, and what the line says."""

import json

import pytest

from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.destination_watch import lambda_handler
from runtime.destination_watch.watch import FORGOTTEN_SECONDS, DestinationCheck
from runtime.errors import HeldBackError, RetryableError
from runtime.metrics.lines import MetricLines
from tests.unit.runtime.aws_world import (
    REGION,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import World

LATE, SILENT = 900.0, 3600.0


class Scene:
    """A world whose clock a test moves, and the watch over it."""

    def __init__(self, clients):
        self.world = World(clients)
        self.now = 1_000_000_000.0
        self.statuses = DestinationStatuses(clients, "parked", lambda: self.now)
        self.lines = []
        self.watch = DestinationCheck(
            clients, "configs", self.statuses, MetricLines(write=self.lines.append, clock=lambda: self.now),
            late_seconds=LATE, silent_seconds=SILENT, clock=lambda: self.now,
        )  # fmt: skip

    def look(self):
        seen = self.watch.look()
        return seen.late, seen.silent


@pytest.fixture
def scene(clients):
    return Scene(clients)


def test_a_destination_that_works_is_neither(scene):
    """Everybody would be paged for what is well; or for a tenant whose first log has yet to come."""
    scene.world.put_config()
    scene.world.put_config(tenant_id="new-tenant")
    scene.statuses.succeeded("acme-corp", "s3", 60.0)
    assert scene.look() == ((), ())


def test_old_logs_and_failures_make_a_destination_late(scene):
    """The promise of minutes would be broken for one destination while all others hide it."""
    for type_ in ("s3", "s3:old", "s3:broken"):
        scene.world.put_config(type_)
        scene.statuses.succeeded("acme-corp", type_, LATE + 1 if type_ == "s3:old" else 5.0)
    scene.now += 1
    scene.statuses.failed("acme-corp", "s3:broken", RetryableError("unavailable"))
    assert scene.look()[0] == ("acme-corp/s3:old",)
    scene.now += LATE
    assert scene.look()[0] == ("acme-corp/s3:broken", "acme-corp/s3:old")
    scene.statuses.succeeded("acme-corp", "s3:broken", 5.0)
    scene.statuses.succeeded("acme-corp", "s3:old", 5.0)
    assert scene.look() == ((), ())


def test_a_suspended_tenants_destination_isnt_late(scene):
    """Every operator would be paged for what one of them has decided."""
    scene.world.put_config()
    scene.statuses.succeeded("acme-corp", "s3", 5.0)
    scene.now += LATE + 1
    scene.statuses.failed("acme-corp", "s3", HeldBackError("tenant-suspended"))
    assert scene.look()[0] == ()
    scene.statuses.failed("acme-corp", "s3", HeldBackError("region-not-allowed"))
    assert scene.look()[0] == ("acme-corp/s3",)


def test_a_tenant_of_which_nothing_comes_any_longer_is_silent_until_it_is_forgotten(scene):
    """A dead agent would look like a tenant with nothing to say; a tenant that left would page for ever."""
    for type_ in ("s3", "cloudwatch"):
        scene.world.put_config(type_)
        scene.statuses.succeeded("acme-corp", type_, 5.0)
    scene.now += SILENT + 1
    assert scene.look() == ((), ("acme-corp",))
    scene.statuses.succeeded("acme-corp", "cloudwatch", 5.0)
    assert scene.look() == ((), ())
    scene.now += FORGOTTEN_SECONDS + 1
    assert scene.look() == ((), ())


@pytest.mark.parametrize("fields", [{"enabled": False}, {"ttl": 1_000}])
def test_what_is_not_to_be_delivered_is_not_missed(scene, fields):
    """A tenant that was switched off would be reported as silent."""
    scene.world.put_config(**fields)
    scene.statuses.succeeded("acme-corp", "s3", 5.0)
    scene.now += SILENT + 1
    assert scene.look() == ((), ())


def test_more_tenants_than_one_call_takes_are_all_seen(scene):
    """The hundred-and-first tenant would be watched by nobody."""
    for number in range(120):
        scene.world.put_config(tenant_id=f"tenant-{number:03}")
        scene.statuses.succeeded(f"tenant-{number:03}", "s3", 5.0)
    scene.now += SILENT + 1
    assert len(scene.look()[1]) == 120
    (line,) = map(json.loads, scene.lines)
    assert (line["SilentTenants"], line["LateDestinations"], len(line["silent"])) == (120, 0, 50)


def test_the_function_looks(scene, monkeypatch, capsys):
    """The alarms of freshness and of silence would have no metric."""
    environment = {
        "AWS_REGION": REGION, "TENANT_CONFIG_TABLE": "configs", "PARKED_DELIVERIES_TABLE": "parked",
        "LATE_SECONDS": "900", "SILENT_SECONDS": "3600",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    lambda_handler.watch.cache_clear()
    assert lambda_handler.handler({}, None) == {"late": 0, "silent": 0}
    lambda_handler.watch.cache_clear()
    assert '"SilentTenants":0' in capsys.readouterr().out
