"""The memory of a process is bounded."""

from runtime.bounded_map import BoundedMap


def test_the_keys_that_were_set_last_stay():
    """A host would grow with every key that it ever met, or forget the one in use."""
    kept = BoundedMap(2)
    for key in ("a", "b", "a", "c"):
        kept[key] = key
    assert list(kept) == ["a", "c"]
