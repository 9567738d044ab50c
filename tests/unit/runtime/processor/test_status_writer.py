"""Destination statuses: what is written when, and what it costs."""

import pytest

from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.errors import BlockedByCustomerError, OutOfTimeError, RetryableError
from runtime.processor.circuit_breaker import CircuitOpenError
from runtime.processor.status_writer import StatusWriter
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import World

BROKEN = BlockedByCustomerError("no-such-bucket", "create it")


class Bench:
    """A writer whose clock a test moves."""

    def __init__(self, clients):
        self.world = World(clients)
        self.now = 1000.0
        self.writer = StatusWriter(DestinationStatuses(clients, "parked", self.clock), 300, self.clock)

    def clock(self):
        return self.now

    def delivered(self, *, recovered=False):
        self.writer.delivered("acme-corp", "s3", 4.5, recovered=recovered)

    def failed(self, error=BROKEN, *, probed=False):
        self.writer.failed("acme-corp", "s3", error, probed=probed)

    @property
    def writes(self):
        return self.world.clients.count()["UpdateItem"]


@pytest.fixture
def bench(clients):
    return Bench(clients)


def test_a_destination_that_works_costs_one_write_in_each_interval(bench):
    """Every delivered object would cost a call more."""
    for _ in range(100):
        bench.delivered()
        bench.now += 2.9
    assert bench.writes == 1
    bench.now += 20
    bench.delivered()
    assert bench.writes == 2
    status = bench.world.status()
    assert (status.last_success_at, status.lag_seconds) == (bench.now, 4.5)


def test_a_recovery_is_noted_at_once(bench):
    """Parked deliveries would wait for minutes although their destination works again."""
    bench.delivered()
    bench.now += 1
    bench.failed()
    bench.now += 1
    assert not bench.world.status().healthy
    bench.delivered()
    assert bench.world.status().healthy


def test_an_answer_to_a_probe_is_always_noted(bench):
    """The resumer would wait for an answer that was left out."""
    for _ in range(3):
        bench.now += 0.1
        bench.delivered(recovered=True)
        assert bench.world.status().last_success_at == bench.now
    for _ in range(3):
        bench.now += 0.1
        bench.failed(probed=True)
        assert bench.world.status().last_failure_at == bench.now


def test_a_failure_says_what_has_to_be_done(bench):
    """The tenant would see that something failed, and not what to change."""
    bench.failed()
    assert bench.world.status().failure["next_step"].startswith("customer: create the bucket")
    bench.failed(RetryableError("throttled"))
    assert bench.world.status().failure["reason"] == "throttled"


@pytest.mark.parametrize("error", [OutOfTimeError("out-of-time"), CircuitOpenError(BROKEN)])
def test_what_was_not_tried_is_no_failure(bench, error):
    """A large object would make its destination look broken."""
    bench.failed(error)
    assert bench.writes == 0


def test_a_table_that_is_down_changes_nothing(bench):
    """A delivery that succeeded would come back because its status couldn't be written."""
    bench.world.clients.faults["UpdateItem"] = Fault("InternalServerError", 500)
    bench.delivered()
    bench.failed()
