"""The short version of `make faults`: some faults of each sort, through the deployed function, counted by content."""

import pytest

from local.faults.command import chosen
from local.faults.run import Effort, Run
from local.faults.short_timeouts import Pace
from local.faults.tenants import Place

KINDS = (
    "function-killed",
    "logs-503",
    "logs-answer-lost",
    "copy-500",
    "read-answer-cut",
    "sts-throttled",
    "dynamodb-500",
    "delivery-queue-down-for-a-while",
    "config-wrong-for-a-while",
    "notifications-doubled",
    "an-empty-message-among-200",
    "five-events-too-old",
)
SECONDS = 45.0
SEED = 20261124


@pytest.fixture(scope="module")
def rows(cloud):
    """The rows of one run, by kind."""
    place = Place(cloud.accounts, cloud.environment, cloud.home)
    effort = Effort(SEED, target=4, seconds=SECONDS, pace=Pace(hour_seconds=1), baseline_objects=5)
    return {row.kind: row for row in Run(place, chosen(KINDS), effort, *[lambda _: None] * 3).run().rows}


@pytest.mark.parametrize("kind", ["none", *KINDS])
def test_nothing_is_lost_and_doubles_stay_within_their_bound(rows, kind):
    """A fault of this kind would cost a customer events, or repeat more of them than is written down."""
    row = rows[kind]
    assert row.sent == row.delivered + row.set_aside + row.parked
    assert row.holds, row


def test_faults_were_injected(rows):
    """A run without a fault would prove nothing."""
    assert sum(row.injected > 0 for row in rows.values()) >= len(KINDS) - 1
