"""The table of methods and faults in docs/destinations.md, from the last run of `make test-destinations`.

`python -m tests.destinations.table` writes it.
"""

import json
from collections.abc import Iterable, Mapping

from benchmarks.pages import renewed
from local.paths import ROOT
from tests.destinations.ledger import ROWS

PAGE = ROOT / "docs" / "destinations.md"
MARK = "faults"
COLUMNS = ("sent", "delivered", "set_aside", "parked", "lost", "doubled", "doubled_bound")


def markdown(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the table."""
    lines = [
        "| method | fault | sent | delivered | set aside | parked | lost | doubled | at most doubled |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{row['method']}` | {row['fault']} | {' | '.join(f'{row[column]:,}' for column in COLUMNS)} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the table into the page. Raises ``SystemExit`` where no run has left rows."""
    files = sorted(ROWS.glob("*.json"))
    if not files:
        raise SystemExit("no rows: run `make test-destinations` first")
    rows = [row for file in files for row in json.loads(file.read_text())]
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), MARK, markdown(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
