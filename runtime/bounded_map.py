"""A mapping that keeps its newest keys: the memory of a process that meets ever more of them."""

from collections import OrderedDict

TENANTS_REMEMBERED = 8192
"""Ours: of how many tenants a process keeps sessions and delivery configs; some 10 KB a tenant (docs/sizing.md)."""


class BoundedMap[K, V](OrderedDict[K, V]):
    """Keeps the ``capacity`` keys that were set last. Holds no lock: its users do."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        while len(self) > self._capacity:
            self.popitem(last=False)
