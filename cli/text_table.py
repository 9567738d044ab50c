"""A table without a form: rows with raw values, shown on a terminal or written as TSV."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

type Row = Sequence[Any]

WRONG: Final = "bold red"
FAINT: Final = "dim"


def grouped(value: Any) -> str:
    """Write a number with its thousands apart."""
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    :param whole: its values are ids that another command takes: never cut nor wrapped.
    :param show: how a value is written for people; a pipe gets it as it is.
    """

    name: str
    whole: bool = False
    right: bool = False
    show: Callable[[Any], str] | None = None

    def text(self, value: Any) -> str:
        """Return the value for people."""
        if self.show is not None:
            return self.show(value)
        return plain(value)


def count(name: str) -> Column:
    """Return a column of numbers."""
    return Column(name, right=True, show=grouped)


def identifier(name: str) -> Column:
    """Return a column of ids."""
    return Column(name, whole=True)


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows under names.

    :param styles: of rows, by their index. :param headed: whether the columns' names are shown.
    """

    title: str
    columns: Sequence[Column | str]
    rows: Sequence[Row]
    styles: Mapping[int, str] = field(default_factory=dict)
    headed: bool = True

    @property
    def described(self) -> list[Column]:
        """The columns; one that is only a name is plain."""
        return [Column(each) if isinstance(each, str) else each for each in self.columns]

    def tsv(self) -> str:
        """Return all of it, nothing shortened: a line of names, then a line a row, between tabs."""
        lines: list[Iterable[Any]] = [[each.name for each in self.described]] if self.headed else []
        lines += self.rows
        return "\n".join("\t".join(_cell(value) for value in line) for line in lines)


@dataclass(frozen=True, slots=True)
class Note:
    """Sentences for people: what else is to be known or done. ``style`` as rich names it."""

    text: str
    style: str = ""


def plain(value: Any) -> str:
    """Write any value on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(plain, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {plain(each)}" for name, each in value.items())
    return str(value)


def _cell(value: Any) -> str:
    return plain(value).translate({ord(each): " " for each in "\t\r\n"})
