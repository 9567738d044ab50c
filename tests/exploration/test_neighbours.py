"""Healthy tenants beside destinations that fail: one log group, or an endpoint of each of fifty."""

import pytest

from runtime.processor.destination_shares import STALL_SECONDS
from tests.exploration.neighbours import beside_endpoints, burst, delays, stream

MOST = 1.1  # times their own delay


@pytest.mark.parametrize(
    ("host", "objects"), [("poller", burst()), ("function", stream())], ids=["poller-burst", "function-stream"]
)
def test_a_destination_that_fails_holds_up_nobody_else(host, objects):
    """One tenant's destination that hangs or is slow would delay every other tenant's logs."""
    alone = delays(host, objects)
    for kind in ("hangs", "slow"):
        beside = delays(host, objects, kind)
        assert beside.median < alone.median * MOST, kind
        assert beside.late < alone.late * MOST, kind
        assert beside.last < alone.last + STALL_SECONDS, kind  # which nobody waits behind one that hangs


@pytest.mark.parametrize(("host", "kinds"), [("poller", ("hangs", "answers 500")), ("function", ("hangs",))])
def test_fifty_endpoints_that_fail_hold_up_nothing_in_aws(host, kinds):
    """Servers of customers' own would delay everyone's logs in CloudWatch, though none of them is AWS'."""
    alone = beside_endpoints(host)
    for kind in kinds:
        beside = beside_endpoints(host, kind)
        assert beside.median < alone.median * MOST, kind
        assert beside.late < alone.late * MOST, kind


def test_delivered_by_one_processor_they_would():
    """The measurement would see no delay, whatever there is."""
    alone, beside = (beside_endpoints("poller", kind, apart=False) for kind in (None, "hangs"))
    assert beside.median > 10 * alone.median
