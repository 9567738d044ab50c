"""Waiting for a condition."""

import pytest

from local.waiting import WaitedTooLongError, wait_until


def test_the_conditions_value_is_returned():
    """The caller would have to ask for the value again."""
    answers = iter([None, 0, "found"])
    found = wait_until(lambda: next(answers), what="an answer", timeout_seconds=5, interval_seconds=0)
    assert found == "found"


def test_the_wait_is_bounded_and_says_for_what():
    """A demo on a broken deployment would hang, or end without saying why."""
    with pytest.raises(WaitedTooLongError, match="the queue to drain"):
        wait_until(lambda: None, what="the queue to drain", timeout_seconds=0)
