"""``--json``, ``--query`` and ``--wide``: every command has them, added here and nowhere else."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.output import OUTPUT, OutputOptions


def _declared(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    query: Annotated[
        str | None, typer.Option("--query", metavar="JMESPATH", help="print this part of the JSON: jmespath.org")
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="a row is a line, however long")] = False,
) -> None:
    """Declare the options; typer makes its parameters of them."""


def add_output_options(command: Any) -> None:
    """Add the options of the output to a command, or to each command of a group."""
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            add_output_options(each)
        return
    assert isinstance(command, TyperCommand)
    declared = typer.Typer(add_completion=False)
    declared.command()(_declared)
    own = [each for each in typer.main.get_command(declared).params if each.name != "help"]
    command.params.extend(own)
    command.callback = _with_options(command.callback)


def _with_options(run: Callable[..., Any] | None) -> Callable[..., Any]:
    assert run is not None

    def with_options(*words: Any, as_json: bool, query: str | None, wide: bool, **given: Any) -> Any:
        if query is not None:
            _check(query)
        OUTPUT.set(OutputOptions(as_json, query, wide))
        return run(*words, **given)

    return with_options


def _check(query: str) -> None:
    import jmespath  # noqa: PLC0415 - only where it is asked for

    try:
        jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        problem = str(error).splitlines()[0].rstrip(":")
        raise typer.BadParameter(f"--query isn't JMESPath (https://jmespath.org): {problem}") from None
