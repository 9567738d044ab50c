"""``rejectedLogEventsInfo``: exclusive ends, an inclusive start, nothing counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.cloudwatch.native.engine import rejections

INDEX = st.integers(0, 12)
INFO = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("tooOldLogEventEndIndex", "expiredLogEventEndIndex", "tooNewLogEventStartIndex"), INDEX)
)


def as_pairs(info, sent):
    return [(one.reason, list(one.positions)) for one in rejections(info, sent)]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({}, []),
        ({"tooNewLogEventStartIndex": 2}, [("too-new", [2, 3])]),
        ({"tooOldLogEventEndIndex": 1}, [("too-old", [0])]),
        ({"expiredLogEventEndIndex": 3}, [("expired", [0, 1, 2])]),
        ({"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 3}, [("too-old", [0]), ("expired", [1, 2])]),
        ({"tooOldLogEventEndIndex": 3, "expiredLogEventEndIndex": 1}, [("too-old", [0, 1, 2])]),
        ({"tooOldLogEventEndIndex": 9, "tooNewLogEventStartIndex": 0}, [("too-old", [0, 1, 2, 3])]),
    ],
)
def test_indexes_are_read_as_the_api_reference_has_them(info, expected):
    """Delivered events would be set aside, or rejected ones counted as delivered."""
    assert as_pairs(info, 4) == expected


@given(INFO, st.integers(0, 8))
def test_no_event_is_rejected_twice_or_outside_the_batch(info, sent):
    """Sent minus rejected would not be what was delivered."""
    places = [index for _, positions in as_pairs(info, sent) for index in positions]
    assert sorted(places) == sorted(set(places) & set(range(sent)))
