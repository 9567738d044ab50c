"""``--watch``: a command that shows a state shows it again and again."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from cli.output import output_options, terminal_columns

EVERY: Final = 5.0
WATCHED: Final = frozenset({"status", "alarms", "arrived", "freshness"})
"""The commands whose answer changes by itself."""


def _declared(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="again and again, until Ctrl-C")] = False,
    every: Annotated[float, typer.Option("--every", min=1, help="seconds between, with --watch")] = EVERY,
) -> None:
    """Declare the options; typer makes its parameters of them."""


def add_watch_options(command: Any) -> None:
    """Add the options to a command; what it says by its status, it then says by what it shows alone."""
    assert isinstance(command, TyperCommand)
    declared = typer.Typer(add_completion=False)
    declared.command()(_declared)
    command.params.extend(each for each in typer.main.get_command(declared).params if each.name != "help")
    command.callback = _again_and_again(command.callback)


def _again_and_again(run: Callable[..., Any] | None) -> Callable[..., Any]:
    assert run is not None

    def shown(*words: Any, watch: bool, every: float, **given: Any) -> None:
        if not watch:
            run(*words, **given)
            return
        while True:
            if terminal_columns() is not None and not output_options().for_programs:
                sys.stdout.write("\x1b[2J\x1b[H")  # ECMA-48: erase the screen, go to its corner
            with suppress(typer.Exit):  # findings: the next look may have none
                run(*words, **given)
            time.sleep(every)

    return shown
