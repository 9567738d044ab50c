"""How destinations are: since when they fail, and all of a tenant's in one query."""

import pytest

from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_state.replays import Replay, Replays
from runtime.errors import BlockedByCustomerError
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import World

FAILED = BlockedByCustomerError("no-such-bucket", "the detail")


@pytest.fixture
def times():
    return iter(range(1_000, 2_000))


@pytest.fixture
def statuses(clients, times):
    return DestinationStatuses(World(clients).clients, "parked", lambda: float(next(times)))


def test_it_fails_since_the_first_failure_that_no_success_followed(statuses):
    """An operator would be told that an outage of days began a moment ago, or that an old one goes on."""
    for note in (statuses.failed, statuses.failed):
        note("acme", "s3", FAILED)
    assert statuses.of("acme", "s3").failing_since == 1_000
    statuses.succeeded("acme", "s3", None)
    assert statuses.of("acme", "s3").failing_since == 0
    statuses.failed("acme", "s3", FAILED)
    assert statuses.of("acme", "s3").failing_since == 1_003


def test_a_tenants_destinations_are_listed_without_its_replays(statuses, clients):
    """A replay would be shown as a destination, or another tenant's destination as one's own."""
    for tenant, type_ in (("acme", "s3"), ("acme", "cloudwatch"), ("globex", "s3")):
        statuses.succeeded(tenant, type_, 1.0)
    Replays(clients, "parked").start(Replay(Selection("acme"), 1.0))
    assert [status.type for status in statuses.of_tenant("acme")] == ["cloudwatch", "s3"]
