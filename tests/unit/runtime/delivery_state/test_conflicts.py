"""Writes that meet another's transaction."""

import pytest
from botocore.exceptions import ClientError

from runtime.delivery_state.table import CONFLICT_ATTEMPTS, retry_conflicts


def cancelled(*codes):
    """A transaction that was cancelled, with a reason for each of its items."""
    reasons = {"CancellationReasons": [{"Code": code} for code in codes]}
    return ClientError({"Error": {"Code": "TransactionCanceledException"}, **reasons}, "TransactWriteItems")


CONFLICT = ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")


def raising(*errors):
    """A write that fails so, then works."""
    left = list(errors)

    def write():
        if left:
            raise left.pop(0)
        return "written"

    return write


@pytest.mark.parametrize("conflict", [CONFLICT, cancelled("None", "TransactionConflict")])
def test_a_conflict_passes(conflict):
    """Two deliveries parked at once for one destination: one of them would be returned to its queue."""
    waited = []
    assert retry_conflicts(raising(conflict, conflict), waited.append) == "written"
    assert len(waited) == 2


@pytest.mark.parametrize(
    "error", [cancelled("ConditionalCheckFailed", "TransactionConflict"), cancelled("ValidationError"), OSError()]
)
def test_what_will_not_pass_is_told_at_once(error):
    """A write that can't succeed would be tried again and again, while its message's time runs out."""
    waited = []
    with pytest.raises(type(error)):
        retry_conflicts(raising(error), waited.append)
    assert waited == []


def test_a_conflict_that_does_not_pass_is_told():
    """A write that was never made would count as made."""
    with pytest.raises(ClientError):
        retry_conflicts(raising(*[CONFLICT] * CONFLICT_ATTEMPTS), lambda _: None)
