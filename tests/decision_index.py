"""Writes the index of decisions from their pages: ``python -m tests.decision_index`` (``make decisions``).

A page is in ``docs/decisions``, named ``NNNN-slug-of-the-title.md``. It begins with ``# N. Title``,
``- Date: YYYY-MM-DD`` and ``- Status: accepted`` or ``- Status: superseded by [N](page.md)``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

FOLDER = Path(__file__).parents[1] / "docs/decisions"
INDEX = FOLDER / "README.md"
INTRODUCTION = """# Decisions

Choices that a reader may question, one on each page: what was decided, why, at what price, and the alternatives. A
decision that no longer holds stays, with the number of the one that supersedes it. `make decisions` writes this index
from the pages.
"""
_HEAD = re.compile(
    r"# (?P<number>\d+)\. (?P<title>[^\n]+)\n\n- Date: (?P<date>\d{4}-\d{2}-\d{2})\n"
    r"- Status: (?P<status>accepted|superseded by \[\d+\]\(\d{4}-[a-z0-9-]+\.md\))\n\n"
)


class MalformedPageError(ValueError):
    """A page doesn't begin as every page of a decision has to."""


@dataclass(frozen=True, slots=True)
class Page:
    """One decision. ``name`` is its file's."""

    name: str
    number: int
    title: str
    date: str
    status: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the head of a page.

        :raises MalformedPageError: it isn't of the form that this module describes.
        """
        found = _HEAD.match(path.read_text(encoding="utf-8"))
        if found is None:
            raise MalformedPageError(f"{path.name}: begin it with number and title, date and status, as other pages do")
        return cls(path.name, int(found["number"]), found["title"], found["date"], found["status"])


def pages(folder: Path = FOLDER) -> list[Page]:
    """Return all decisions by number."""
    return sorted((Page.read(path) for path in folder.glob("[0-9]*.md")), key=lambda page: page.number)


def index(found: list[Page]) -> str:
    """Return the index: a row for each page, and the numbers without one."""
    rows = [f"| {page.number} | [{page.title}]({page.name}) | {page.date} | {page.status} |" for page in found]
    numbers = {page.number for page in found}
    withdrawn = [str(number) for number in range(1, max(numbers) + 1) if number not in numbers]
    table = ["| | decision | date | status |", "|-:|-|-|-|", *rows]
    last = f"Withdrawn numbers: {', '.join(withdrawn)}." if withdrawn else "No number is withdrawn."
    return "\n".join([INTRODUCTION, *table, "", last, ""])


if __name__ == "__main__":
    INDEX.write_text(index(pages()), encoding="utf-8")
