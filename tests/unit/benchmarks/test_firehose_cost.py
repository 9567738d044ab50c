"""A Firehose path beside the agent's direct writes."""

import pytest

from benchmarks.firehose_cost import direct_writes, firehose
from runtime.costs.assumptions import Assumptions
from runtime.costs.prices import list_prices

PRICES = list_prices()


def test_direct_writes_save_what_the_stream_takes():
    """The claim of about $50 a TB would be of other prices than it says."""
    a = Assumptions(object_mib=64)
    saved = firehose(1024, PRICES, a) - direct_writes(1024, PRICES, a)
    # 1,024 GB x (0.029 + 0.020), and 16,384 objects x 0.005 a thousand
    assert saved == pytest.approx(1024 * 0.049 + 16.384 * 0.005)


@pytest.mark.parametrize(("event_bytes", "times"), [(1024, 5), (5120, 1), (5121, 2 * 5120 / 5121)])
def test_a_record_is_billed_in_steps(event_bytes, times):
    """A plain sink's record an event would look as cheap as packed ones."""
    a = Assumptions(event_bytes=event_bytes)
    packed, plain = (
        firehose(1, PRICES, a, partitioned=False, record_an_event=each) - direct_writes(1, PRICES, a)
        for each in (False, True)
    )
    assert plain == pytest.approx(packed * times)
