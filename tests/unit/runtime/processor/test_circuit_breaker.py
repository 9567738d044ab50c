"""The circuit breaker: when it opens, how one probe goes through, and what doesn't count."""

import pytest

from runtime.deliveries.s3.config import S3Config
from runtime.errors import (
    BlockedByCustomerError,
    FailedCall,
    OutOfTimeError,
    PermanentError,
    RetryableError,
)
from runtime.processor.circuit_breaker import (
    FAILURES_IN_A_ROW,
    FIRST_ATTEMPTS_WAIT_SECONDS,
    PAUSES,
    PROBE_SECONDS,
    CircuitBreakers,
    CircuitOpenError,
)

ONE = S3Config(tenant_id="acme-corp", type="s3", bucket_name="acme-bucket")
OTHER = S3Config(tenant_id="acme-corp", type="s3:eu", bucket_name="acme-bucket")


def failure(hop="DESTINATION", kind=RetryableError, reason="unavailable"):
    error = kind(reason, "s3:CopyObject on s3://acme-bucket: 503")
    error.call = FailedCall(hop, "s3:CopyObject", "s3://acme-bucket")
    return error


class Bench:
    """Breakers under a clock that a test moves; their records are kept."""

    def __init__(self):
        self.now = 100.0
        self.changes = []
        self.breakers = CircuitBreakers(self, clock=lambda: self.now)

    def circuit(self, tenant_id, type_, *, is_open, open_circuits):
        self.changes.append((type_, is_open, open_circuits))

    def fail(self, times=FAILURES_IN_A_ROW, config=ONE, error=None):
        for _ in range(times):
            self.breakers.ended(config, error or failure())

    def refuses(self, config=ONE, *, first=False):
        return self.breakers.refuses(config, first=first) is not None


@pytest.fixture
def bench():
    return Bench()


def test_it_opens_after_failures_in_a_row_and_says_so(bench):
    """Every object of a broken destination would take the time that others need; and nobody would see it."""
    bench.fail(FAILURES_IN_A_ROW - 1)
    assert not bench.refuses()
    bench.fail(1)
    refusal = bench.breakers.refuses(ONE)
    assert isinstance(refusal, CircuitOpenError)
    assert (refusal.reason, refusal.last.reason, refusal.call.action) == (
        "circuit-open",
        "unavailable",
        "s3:CopyObject",
    )
    assert bench.changes == [("s3", True, 1)]


def test_a_success_in_between_begins_anew(bench):
    """A destination that fails now and then would be taken for a broken one."""
    bench.fail(FAILURES_IN_A_ROW - 1)
    bench.breakers.ended(ONE, None)
    bench.fail(FAILURES_IN_A_ROW - 1)
    assert (bench.refuses(), bench.changes) == (False, [])


def test_one_probe_at_a_time(bench):
    """Everything that waits would be tried at once as soon as the pause is over."""
    bench.fail()
    bench.now += PAUSES.first
    assert [bench.refuses() for _ in range(3)] == [False, True, True]
    bench.breakers.ended(ONE, None)
    assert [bench.refuses() for _ in range(3)] == [False] * 3
    assert bench.changes == [("s3", True, 1), ("s3", False, 0)]


def test_a_failed_probe_makes_the_pause_longer(bench):
    """A destination that is down for an hour would be tried every five seconds."""
    bench.fail()
    pauses = []
    for _ in range(7):
        begun = bench.now
        while bench.refuses():
            bench.now += 1
        pauses.append(bench.now - begun)
        bench.breakers.ended(ONE, failure())
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == PAUSES.longest
    assert bench.changes == [("s3", True, 1)]


@pytest.mark.parametrize(
    "error",
    [
        OutOfTimeError("out-of-time"),
        PermanentError("object-gone"),
        failure("SOURCE"),
        failure("CENTRAL", reason="first-hop-denied"),
        failure("EXECUTION"),
        RetryableError("unexpected"),
        failure("SOURCE", reason="hung"),
        failure("SOURCE", reason="timeout"),
    ],
)
def test_what_is_not_the_destinations_fault_does_not_count(bench, error):
    """Our own outage would be taken for every customer's, and go on after it has ended."""
    bench.fail(50, error=error)
    assert not bench.refuses()


@pytest.mark.parametrize(
    "error", [failure("CUSTOMER"), BlockedByCustomerError("no-such-bucket"), failure(reason="hung")]
)
def test_what_is_the_destinations_fault_counts(bench, error):
    """A destination that hangs, or refuses, would hold up a thread for every object."""
    bench.fail(error=error)
    assert bench.refuses()


def test_a_probe_that_tells_nothing_lets_the_next_one_through(bench):
    """A probe that ran out of time would leave the circuit open for ever."""
    bench.fail()
    bench.now += PAUSES.first
    assert not bench.refuses()
    bench.breakers.ended(ONE, OutOfTimeError("out-of-time"))
    assert not bench.refuses()


def test_a_changed_config_is_another_destination(bench):
    """A mended config would wait for the pause of the broken one."""
    bench.fail()
    mended = ONE.model_copy(update={"bucket_name": "another"})
    assert (bench.refuses(mended), bench.refuses(OTHER)) == (False, False)
    assert bench.refuses()


@pytest.mark.parametrize("reason", ["hung", "timeout"])
def test_one_call_without_an_answer_opens_it(bench, reason):
    """Five objects after one another would each hold a thread for as long as a call may take."""
    bench.fail(1, error=failure(reason=reason))
    assert bench.refuses()
    assert bench.changes == [("s3", True, 1)]


def test_a_waiting_delivery_is_the_probe_before_a_first_attempt_is(bench):
    """A probe that hangs would hold up the messages that came in one batch with a new object."""
    bench.fail()
    bench.now += PAUSES.first
    assert bench.refuses(first=True)
    assert not bench.refuses()
    bench.breakers.ended(ONE, failure())
    bench.now += PAUSES.bound(2) + FIRST_ATTEMPTS_WAIT_SECONDS
    assert not bench.refuses(first=True)


def test_a_probe_of_which_nothing_is_heard_does_not_keep_it_open(bench):
    """A thread that was lost with its probe would leave the circuit open until the process ends."""
    bench.fail()
    bench.now += PAUSES.first
    assert [bench.refuses(), bench.refuses()] == [False, True]
    bench.now += PROBE_SECONDS
    assert not bench.refuses()
