"""The short version of `make faults`: some faults of each sort, through the deployed functions, counted by content."""

import pytest

from tests.faults.catalogue import chosen
from tests.faults.run import Effort, Run, Screen
from tests.faults.short_timeouts import TimeScale
from tests.faults.tenants import Place

KINDS = (
    "function-killed",
    "logs-503",
    "logs-answer-lost",
    "logs-incomplete",
    "copy-500",
    "read-answer-cut",
    "sts-throttled",
    "dynamodb-500",
    "delivery-queue-down-for-a-while",
    "parking-conflict",
    "resumer-5xx",
    "config-wrong-for-a-while",
    "notifications-doubled",
    "an-empty-message-among-200",
    "five-events-too-old",
    "five-events-ahead",
)
SECONDS = 45.0
SEED = 20261124


@pytest.fixture(scope="module")
def rows(cloud):
    """The rows of one run, by kind."""
    place = Place(cloud.accounts, cloud.environment, cloud.home)
    effort = Effort(SEED, target=4, seconds=SECONDS, scale=TimeScale(hour_seconds=1), baseline_objects=5)
    screen = Screen(*[lambda _: None] * 4)
    return {row.kind: row for row in Run(place, chosen(KINDS), effort, screen).run()}


@pytest.mark.timeout(600)  # the run is made in the first one's fixture, and waits for what was put off
@pytest.mark.parametrize("kind", ["none", *KINDS])
def test_every_promise_is_kept(rows, kind):
    """A fault of this kind would cost a customer events, or repeat more of them than what was injected explains."""
    broken = [what for what in rows[kind].broken if what != "no fault was met"]
    assert not broken, rows[kind]


def test_faults_were_injected(rows):
    """A run without a fault would prove nothing."""
    assert sum(row.injected > 0 for row in rows.values()) >= len(KINDS) - 1
