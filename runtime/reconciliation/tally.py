"""Counts that show whether two collections of keys are the same, without keeping a key: for each tenant and hour.

A count alone would miss that one object is counted twice and another never: a tally also has the sum of the keys'
hashes, which doesn't depend on their order. Equal tallies are equal collections; unequal ones are compared by key.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from runtime.objects.key import ObjectKey

HOUR_SECONDS: Final = 3600
_HASH_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _HASH_BYTES)

type Cell = tuple[str, int]
"""A tenant, and an hour: hours since the epoch."""


@dataclass(slots=True)
class Tally:
    """How many keys, and the sum of their hashes, by cell."""

    cells: dict[Cell, tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))

    def add(self, key: ObjectKey, at: float, version: str = "") -> None:
        """Count a version of an object whose time is ``at``, epoch seconds."""
        cell = (key.tenant_id, hour_of(at))
        count, total = self.cells[cell]
        digest = int.from_bytes(blake2b(f"{key.key}\0{version}".encode(), digest_size=_HASH_BYTES).digest())
        self.cells[cell] = (count + 1, (total + digest) % _MODULUS)

    def total(self) -> int:
        """Return how many were counted."""
        return sum(count for count, _ in self.cells.values())

    def unlike(self, other: "Tally") -> dict[str, set[int]]:
        """Return the cells of this one in which the other has other keys: hours by tenant."""
        found: dict[str, set[int]] = defaultdict(set)
        for cell, counted in self.cells.items():
            if other.cells.get(cell) != counted:
                found[cell[0]].add(cell[1])
        return found


def hour_of(at: float) -> int:
    """Return the hour of a time, in hours since the epoch."""
    return int(at // HOUR_SECONDS)
