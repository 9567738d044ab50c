"""``logrouter program``: the ready-made programs, and a trial of one on lines, shown as a difference."""

import json
from typing import Annotated, Any

import typer

from cli.config_commands import Tenant, Type
from cli.connection import connection_of
from cli.output import present
from cli.text_table import Note, TextTable, identifier
from runtime.api.schemas.programs import TriedView

app = typer.Typer(
    no_args_is_help=True, help="Programs that change or drop a tenant's events: the ready-made ones, and a trial."
)


@app.command("list")
def list_programs(context: typer.Context) -> None:
    """List the ready-made programs with their parameters."""
    programs = connection_of(context).client().programs().programs
    rows = [
        (
            each.name,
            each.title,
            ", ".join(f"{one.name}: {' '.join(one.choices or [one.kind])}" for one in each.parameters),
        )
        for each in programs
    ]
    document = [each.model_dump(exclude_none=True) for each in programs]
    present(document, TextTable("Ready-made programs", (identifier("name"), "does", "parameters"), rows))


@app.command("try")
def try_program(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    lines: Annotated[
        typer.FileText | None, typer.Argument(metavar="[LINES]", help="a file of log lines; - reads them from a pipe")
    ] = None,
    *,
    last: Annotated[
        int | None, typer.Option("--last", help="so many of the tenant's own last lines, in place of LINES")
    ] = None,
    source: Annotated[typer.FileText | None, typer.Option("--source", help="a program in this file")] = None,
    program: Annotated[str | None, typer.Option("--program", help="a ready-made program")] = None,
    parameters: Annotated[str | None, typer.Option("--parameters", help="its parameters, as a JSON object")] = None,
    on_error: Annotated[str | None, typer.Option("--on-error", help="pass or set-aside")] = None,
) -> None:
    """Show what a program makes of lines, and what it costs: the stored one, or another. Nothing is delivered."""
    given = {
        "source": source.read() if source else None,
        "program": program,
        "parameters": _object(parameters) if parameters else None,
        "on_error": on_error,
    }
    transform = {name: value for name, value in given.items() if value is not None}
    if (lines is None) == (last is None):
        raise typer.BadParameter("name a file of LINES, or --last: one of them")
    asked: dict[str, Any] = {"last": last} if lines is None else {"lines": [line.rstrip("\n") for line in lines]}
    if transform:
        asked["transform"] = transform
    trial = connection_of(context).client().try_transform(tenant, type_, asked)
    counts = ", ".join(f"{count} {name}" for name, count in trial.counts.items() if count)
    cost = f"{trial.microseconds_an_event:.1f} µs an event, {trial.dollars_a_gb:.4f} USD a GB of such lines"
    looked = [] if trial.complete else [Note("there was no time to look for all lines")]
    shown = [text for each in trial.events for text in difference(each)]
    present(trial.model_dump(exclude_none=True), *map(Note, shown), Note(f"{counts}; {cost}"), *looked)


def difference(event: TriedView) -> list[str]:
    """Return an event as lines of a difference: a minus for what goes, a plus for what comes, none for what stays."""
    after = [made.message for made in event.after]
    if after == [event.before]:
        return [f"  {event.before}"]
    why = f"   # {event.error}" if event.error else ""
    return [f"- {event.before}{why}", *(f"+ {message}" for message in after)]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--parameters isn't JSON: {error}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter("--parameters must be a JSON object")
    return value
