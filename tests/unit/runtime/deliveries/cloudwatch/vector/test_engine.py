"""The Vector engine with a program that stands in for Vector: what counts as delivered, what becomes of the rest."""

import json
import time
from pathlib import Path

import pytest

from runtime.aws.credentials import Credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.vector.engine import VectorEngine, is_literal
from runtime.deliveries.event_request import Rejection
from runtime.errors import BlockedByCustomerError, OutOfTimeError, RetryableError
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.cloudwatch.fake_vector import FakeVector

DESTINATION = LogDestination("eu-west-1", "/acme/logs", "c1/app/pod-0", "acme-corp")
DENIED = json.dumps({"level": "ERROR", "message": "Not retriable", "error": "AccessDeniedException: no"})
DAY_MS = 86_400_000


class Fallback:
    """The other engine."""

    name = "native"

    def __init__(self):
        self.opened = []

    def open(self, destination, credentials, budget):
        self.opened.append(destination)
        return self


class Bench:
    """An engine with everything around it."""

    def __init__(self, fake: FakeVector, *, max_processes: int = 2, retention_ms: int | None = None):
        self.fallback = Fallback()
        self.retention_ms = retention_ms
        self.asked: list[LogDestination] = []
        self.session = 1
        self.engine = VectorEngine(
            binary=fake.binary,
            endpoint_of=lambda region: f"https://logs.{region}.example",
            retention_of=self._retention_of,
            fallback=self.fallback,
            max_processes=max_processes,
        )

    def _retention_of(self, destination, credentials):
        self.asked.append(destination)
        return self.retention_ms

    def credentials(self) -> Credentials:
        return Credentials(f"key-{self.session}", f"secret-{self.session}", f"token-{self.session}", 0.0)

    def open(self, destination: LogDestination = DESTINATION, seconds: float = 30):
        return self.engine.open(destination, self.credentials, TimeBudget.of_seconds(seconds))


def batch(index: int = 0, *, ages_ms: tuple[int, ...] = (0,)) -> Batch:
    now_ms = time.time_ns() // 1_000_000
    return Batch(index, [now_ms - age for age in ages_ms], [b'"x"'] * len(ages_ms), [1] * len(ages_ms))


def test_one_post_a_batch_through_one_process(tmp_path: Path):
    """Broken: a failed part would take others with it and the checkpoint would no longer be exact."""
    fake = FakeVector.write(tmp_path)
    sender = Bench(fake).open()
    try:
        assert [list(sender.send(batch(0))), list(sender.send(batch(1, ages_ms=(2, 1))))] == [[], []]
    finally:
        sender.close()
    assert [post.count(b"\n") for post in fake.posts] == [1, 2]
    assert len(fake.starts) == 1


def test_vector_is_told_the_destination_by_its_environment(tmp_path: Path):
    """Broken: events would go to another Region, group or stream than the delivery's."""
    fake = FakeVector.write(tmp_path)
    sender = Bench(fake).open()
    sender.send(batch())
    sender.close()
    environment = fake.starts[0]["env"]
    assert {name: environment[name] for name in environment if name.startswith(("LOGROUTER_", "AWS_"))} == {
        "AWS_ACCESS_KEY_ID": "key-1",
        "AWS_SECRET_ACCESS_KEY": "secret-1",
        "AWS_SESSION_TOKEN": "token-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LOGROUTER_REGION": "eu-west-1",
        "LOGROUTER_ENDPOINT": "https://logs.eu-west-1.example",
        "LOGROUTER_GROUP": "/acme/logs",
        "LOGROUTER_STREAM": "c1/app/pod-0",
        "LOGROUTER_ADDRESS": environment["LOGROUTER_ADDRESS"],
        "LOGROUTER_PATH": environment["LOGROUTER_PATH"],
        "LOGROUTER_DATA_DIR": environment["LOGROUTER_DATA_DIR"],
    }


@pytest.mark.parametrize("status", [202, 400, 404, 413, 500, 503])
def test_only_200_counts_as_delivered(tmp_path: Path, status: int):
    """Broken: a batch that CloudWatch never took would move the checkpoint."""
    sender = Bench(FakeVector.write(tmp_path, answers=[status])).open()
    try:
        with pytest.raises(RetryableError, match=str(status)):
            sender.send(batch())
    finally:
        sender.close()


def test_a_refused_batch_can_be_sent_again_through_the_same_process(tmp_path: Path):
    """Broken: a throttled batch would cost a new process for each retry."""
    fake = FakeVector.write(tmp_path, answers=[400])
    sender = Bench(fake).open()
    with pytest.raises(RetryableError):
        sender.send(batch())
    sender.send(batch())
    sender.close()
    assert len(fake.starts) == 1


def test_a_denied_call_is_the_customer_s_to_mend(tmp_path: Path):
    """Broken: an operator would be woken for a customer's policy, and the customer never told which permission."""
    sender = Bench(FakeVector.write(tmp_path, answers=[DENIED])).open()
    try:
        with pytest.raises(BlockedByCustomerError, match="logs:PutLogEvents"):
            sender.send(batch())
    finally:
        sender.close()


def test_a_process_that_dies_is_started_anew_for_the_repetition(tmp_path: Path):
    """Broken: one crash of Vector would end the delivery's attempt."""
    fake = FakeVector.write(tmp_path, answers=["dies"])
    sender = Bench(fake).open()
    with pytest.raises(RetryableError, match="vector-unreachable"):
        sender.send(batch())
    sender.send(batch())
    sender.close()
    assert len(fake.starts) == 2


def test_a_silent_process_is_ended_when_the_budget_ends(tmp_path: Path):
    """Broken: the repetition would run beside the first try, or the hand-over would miss the deadline."""
    fake = FakeVector.write(tmp_path, answers=["hangs"])
    sender = Bench(fake).open(seconds=2)
    with pytest.raises(RetryableError, match="vector-unreachable"):
        sender.send(batch())
    assert not Path(fake.starts[0]["cwd"]).exists()
    with pytest.raises(OutOfTimeError):
        sender.send(batch())
    sender.close()


def test_renewed_credentials_restart_vector(tmp_path: Path):
    """Broken: a long delivery would fail with ExpiredToken after an hour (role chaining's limit)."""
    fake = FakeVector.write(tmp_path)
    bench = Bench(fake)
    sender = bench.open()
    sender.send(batch())
    bench.session = 2
    sender.send(batch())
    sender.close()
    assert [start["env"]["AWS_ACCESS_KEY_ID"] for start in fake.starts] == ["key-1", "key-2"]
    assert not Path(fake.starts[0]["cwd"]).exists()


def test_a_missing_binary_is_retryable_and_says_how_to_get_it(tmp_path: Path):
    """Broken: our own missing program would drop or park a customer's logs as if they were at fault."""
    sender = Bench(FakeVector(str(tmp_path / "vector"), tmp_path)).open()
    with pytest.raises(RetryableError, match="VECTOR_BINARY"):
        sender.send(batch())
    sender.close()


def test_what_vector_would_drop_is_rejected_and_the_rest_sent(tmp_path: Path):
    """Broken: events would be lost in Vector, which answers 200 for them."""
    fake = FakeVector.write(tmp_path)
    sender = Bench(fake).open()
    rejections = sender.send(batch(ages_ms=(14 * DAY_MS - 60_000, 0)))
    sender.close()
    assert rejections == [Rejection("too-old", range(1))]
    assert fake.posts[0].count(b"\n") == 1


def test_a_batch_without_a_sendable_event_starts_no_process(tmp_path: Path):
    """Broken: a backfill of old objects would start a Vector for each, for nothing."""
    fake = FakeVector.write(tmp_path)
    sender = Bench(fake).open()
    sender.send(batch(ages_ms=(20 * DAY_MS,)))
    sender.close()
    assert fake.starts == []


def test_old_events_are_held_against_the_group_s_retention(tmp_path: Path):
    """Broken: CloudWatch would refuse them as expired, and Vector would not report it."""
    bench = Bench(FakeVector.write(tmp_path), retention_ms=3 * DAY_MS)
    sender = bench.open()
    assert sender.send(batch(ages_ms=(5 * DAY_MS, 0))) == [Rejection("expired", range(1))]
    assert list(sender.send(batch())) == []
    sender.close()
    assert bench.asked == [DESTINATION]


def test_places_are_bounded_and_given_back(tmp_path: Path):
    """Broken: a burst of deliveries would start so many Vectors that the function runs out of memory."""
    bench = Bench(FakeVector.write(tmp_path), max_processes=1)
    first = bench.open()
    with pytest.raises(OutOfTimeError, match="vector-busy"):
        bench.open(seconds=0)
    first.close()
    bench.open(seconds=0).close()


@pytest.mark.parametrize("name", ["c1/app%d/pod", "c1/{{ x }}/pod", "c1/it's/pod", "c1/$HOME/pod", "c1/a\x85b/pod"])
def test_a_name_vector_would_not_take_literally_goes_the_native_way(tmp_path: Path, name: str):
    """Broken: a hand-made key could write into another stream, or break out of a quoted configuration value."""
    bench = Bench(FakeVector.write(tmp_path))
    destination = LogDestination("eu-west-1", "/acme/logs", name, "acme-corp")
    assert bench.open(destination) is bench.fallback
    assert not is_literal(name)


@pytest.mark.parametrize("name", ["c1/app/pod-0", 'c 1/"a\\b#é"/pod', "/aws/rosa_1.x/y-z#"])
def test_other_names_are_literal(name: str):
    """Broken: the Vector engine would silently not be used."""
    assert is_literal(name)
