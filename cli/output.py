"""What the commands print: for people on a terminal, TSV for a pipe, JSON where it is asked for.

A command makes one document, and the parts that show it. On a terminal nothing that another command needs is cut: what
doesn't fit is wrapped, or shown a field a line. In a pipe nothing is cut at all.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import typer

from cli.text_table import Note, TextTable, plain

FORCE_TERMINAL: Final = "LOGROUTER_FORCE_TTY"
"""Print as on a terminal of so many columns, wherever the output goes: for a recording, or another program's screen."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The options that every command has. ``query``: a JMESPath expression over the document."""

    as_json: bool = False
    query: str | None = None
    wide: bool = False

    @property
    def for_programs(self) -> bool:
        """Whether the document itself is printed."""
        return self.as_json or self.query is not None


OUTPUT: Final[ContextVar[OutputOptions]] = ContextVar("output")


def output_options() -> OutputOptions:
    """Return the options of the command that runs."""
    return OUTPUT.get(OutputOptions())


def terminal_columns() -> int | None:
    """Return the columns of the terminal that standard output is; None where it is none."""
    forced = os.environ.get(FORCE_TERMINAL, "")
    if forced.isdigit() and int(forced):
        return int(forced)
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdigit() and int(columns) else os.get_terminal_size(sys.stdout.fileno()).columns


def present(document: Any, *parts: TextTable | Note) -> None:
    """Print a command's answer.

    :param document: for programs: JSON values. :param parts: for people; in a pipe, notes go to standard error.
    """
    options = output_options()
    if options.for_programs:
        _print_document(document, options)
        return
    columns = terminal_columns()
    if columns is not None:
        from cli.terminal import show  # noqa: PLC0415 - rich takes a tenth of a second: a pipe needs none of it

        show(parts, columns, wide=options.wide)
        return
    for number, part in enumerate(parts):
        if isinstance(part, Note):
            typer.echo(part.text, err=True)
        else:
            typer.echo(("\n" if number and isinstance(parts[number - 1], TextTable) else "") + part.tsv())


def print_json(value: Any) -> None:
    """Print what another program reads."""
    typer.echo(json.dumps(value, indent=2, sort_keys=True))


def print_line(value: Mapping[str, Any], text: str) -> None:
    """Print one of many answers as it comes: a line of JSON, or the text."""
    options = output_options()
    if not options.for_programs:
        typer.echo(text)
    elif options.query is None:
        typer.echo(json.dumps(value, sort_keys=True))
    else:
        _print_document(value, options)


def warn(text: str) -> None:
    """Print a sentence to standard error."""
    typer.echo(text, err=True)


def fields(values: Mapping[str, Any], title: str) -> TextTable:
    """Return one thing, a field a row; what is empty is left out."""
    rows = [(name, plain(value)) for name, value in values.items() if value not in ([], None, "")]
    return TextTable(title, ("field", "value"), rows, headed=False)


def _print_document(document: Any, options: OutputOptions) -> None:
    if options.query is None:
        print_json(document)
        return
    import jmespath  # noqa: PLC0415 - only where it is asked for

    found = jmespath.search(options.query, document)
    if options.as_json or isinstance(found, dict) or (isinstance(found, list) and not _are_scalars(found)):
        print_json(found)
    else:
        for each in found if isinstance(found, list) else [found]:
            typer.echo(plain(each))


def _are_scalars(values: Sequence[Any]) -> bool:
    return not any(isinstance(value, (list, dict)) for value in values)
