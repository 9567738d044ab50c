"""What docs/onboarding.md says of broken onboardings: tests that break one compare what they see with its row."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "onboarding.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("### When a test fails\n")[2].partition("\n## ")[0]
LINES = [[cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if line.startswith("|")]
ROWS = {name: tuple(cell.strip("`") for cell in cells) for name, *cells in LINES[2:]}


def as_documented(what, step, reason, side, place):
    """Say that a test's step, and the fix that helped, are those of a row of the page."""
    (row,) = [cells for name, cells in ROWS.items() if re.match(what, name)]
    assert row[:3] == (step, reason, side), row
    assert not place or place in row[3], row
