"""Listings and notes on a terminal: a table where it fits, else a field a line. Nothing is cut."""

import sys
import textwrap
from collections.abc import Iterable
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.text_table import Column, Note, TextTable

PADDING: Final = 2
LEAST: Final = 8
"""Columns of a wrapped value under which a table is harder to read than a list of fields."""
WIDE: Final = 100_000


def show(parts: Iterable[TextTable | Note], columns: int, *, wide: bool) -> None:
    """Print all parts to standard output. ``wide``: a row is a line, however long."""
    width = WIDE if wide else columns
    console = Console(file=sys.stdout, width=width, highlight=False, soft_wrap=wide)
    for part in parts:
        if isinstance(part, Note):
            console.print(Text(part.text, style=part.style), soft_wrap=True)
        elif wide or least_width(part) <= columns:
            if part.title:
                console.print(Text(part.title, style="bold"), soft_wrap=True)
            console.print(_table(part, width))
        else:
            console.print(_records(part), soft_wrap=True)


def least_width(listing: TextTable) -> int:
    """Return how many columns a table of it needs at least, with its ids whole."""
    return sum(_least(column, listing, index) + PADDING for index, column in enumerate(listing.described))


def _least(column: Column, listing: TextTable, index: int) -> int:
    lengths = [len(column.text(row[index])) for row in listing.rows]
    if listing.headed:
        lengths.append(max(map(len, column.name.split()), default=0))
    longest = max(lengths, default=0)
    return longest if column.whole or column.right else min(longest, LEAST)


def _table(listing: TextTable, width: int) -> Table:
    names = sum(
        max(_least(each, listing, index), len(each.name)) + PADDING for index, each in enumerate(listing.described)
    )
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, PADDING, 0, 0),
        pad_edge=False,
        show_edge=False,
        show_header=listing.headed,
    )
    for index, column in enumerate(listing.described):
        least = _least(column, listing, index)
        fixed = column.whole or column.right
        if names <= width:
            least = max(least, len(column.name))
        name = "\n".join(textwrap.wrap(column.name, max(least, 1))) if fixed else column.name
        table.add_column(
            name,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=fixed,
            width=least if fixed else None,
            vertical="bottom" if column.right else "top",
        )
    for number, row in enumerate(listing.rows):
        cells = (Text(column.text(value)) for column, value in zip(listing.described, row, strict=True))
        table.add_row(*cells, style=listing.styles.get(number))
    return table


def _records(listing: TextTable) -> Text:
    """Return a field a line, the rows apart."""
    text = Text(f"{listing.title}\n", style="bold")
    longest = max(len(column.name) for column in listing.described)
    for number, row in enumerate(listing.rows):
        style = listing.styles.get(number, "not bold")
        for column, value in zip(listing.described, row, strict=True):
            if shown := column.text(value):
                text.append(f"  {column.name:{longest}}  {shown}\n", style=style)
        text.append("\n")
    return text
