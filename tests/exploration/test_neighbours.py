"""Healthy tenants beside one whose destination fails."""

import pytest

from tests.exploration.neighbours import burst, delays, stream

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
        assert beside.last < alone.last * MOST, kind
