"""Tallies: equal where the keys are the same, in whatever order; unequal where one is missing, doubled or another."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.objects.key import ObjectKey
from runtime.reconciliation.tally import HOUR_SECONDS, Tally

NAMES = st.lists(st.integers(0, 30), max_size=40)


def key(number, tenant="acme"):
    return ObjectKey.parse(f"tenant_id={tenant}/cluster_id=c/application=a/pod_name=p/{number}.json.gz")


def tally(numbers, at=0.0):
    counted = Tally()
    for number in numbers:
        counted.add(key(number), at)
    return counted


@given(NAMES, NAMES)
def test_tallies_differ_exactly_where_the_collections_do(some, others):
    """An object that was told of twice would hide one that was never told of."""
    differ = bool(some) and sorted(some) != sorted(others)
    assert bool(tally(some).unlike(tally(others))) is differ


def test_only_the_hours_and_tenants_that_differ_are_named():
    """Every run would look at every key."""
    held, notified = tally([1, 2]), tally([1, 2])
    held.add(key(3), 5 * HOUR_SECONDS + 1)
    held.add(key(4, "globex"), 0.0)
    notified.add(key(5, "other"), 0.0)
    assert held.unlike(notified) == {"acme": {5}, "globex": {0}}
    assert held.total() == 4
