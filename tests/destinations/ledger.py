"""The account of each fault: what was sent to a real server, and where it is now. Rows for the table in the docs."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from local.paths import BUILD

ROWS = BUILD / "destinations" / "rows"
"""A file for each method, written when its tests are over."""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """Events of one fault. ``parked``: of deliveries that wait for the customer. ``doubled_bound``: at most allowed."""

    method: str
    fault: str
    sent: int
    delivered: int
    set_aside: int
    parked: int
    lost: int
    doubled: int
    doubled_bound: int


class Ledger:
    """Counts, and fails where an event is missing or doubled beyond the bound."""

    def __init__(self) -> None:
        self.rows: list[FaultRow] = []

    def note(self, method, fault, *, sent, arrived, aside=(), parked=(), doubled_bound=0):
        """Compare what was sent with what arrived, by message. :param aside: messages that were set aside."""
        there = Counter(arrived)
        unexpected = there.keys() - set(sent)
        accounted = Counter(list(there)) + Counter(aside) + Counter(parked)
        lost = Counter(sent) - accounted
        doubled = there.total() - len(there)
        row = FaultRow(
            method, fault, len(sent), len(there), len(aside), len(parked), lost.total(), doubled, doubled_bound
        )
        self.rows.append(row)
        assert not unexpected, (fault, unexpected)
        assert row.lost == 0, row
        assert row.doubled <= doubled_bound, row
        assert row.sent == row.delivered + row.set_aside + row.parked, row

    def write(self, folder: Path = ROWS) -> None:
        """Write the rows of each method."""
        folder.mkdir(parents=True, exist_ok=True)
        for method in {row.method for row in self.rows}:
            rows = [asdict(row) for row in self.rows if row.method == method]
            (folder / f"{method}.json").write_text(json.dumps(rows, indent=1) + "\n")
