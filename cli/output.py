"""What the commands print: tables for people, JSON for programs, problems with what has to be corrected."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from cli.client import ApiProblemError
from runtime.api.schemas.problems import Problem

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@contextmanager
def readable_problems() -> Iterator[None]:
    """Print a problem with each wrong field on a line of its own, and end with status 1."""
    try:
        yield
    except ApiProblemError as error:
        print_problem(error.problem)
        raise typer.Exit(1) from None
    except urllib3.exceptions.HTTPError as error:
        errors.print(f"the API can't be reached: {type(error).__name__}", style="red")
        raise typer.Exit(1) from None
    except (BotoCoreError, ClientError) as error:
        errors.print(f"AWS refused, or can't be reached: {error}", style="red", markup=False)
        raise typer.Exit(1) from None


def print_problem(problem: Problem) -> None:
    """Print it to standard error."""
    errors.print(f"{problem.status} {problem.title}", style="bold red", markup=False)
    errors.print(problem.detail, markup=False)
    if problem.errors:
        table = Table("field", "what is wrong", box=None, padding=(0, 2))
        for each in problem.errors:
            table.add_row(*map(_plain, (each.field, each.problem)))
        errors.print(table)
    errors.print(f"request id {problem.request_id}", style="dim", markup=False)


def print_json(value: Any) -> None:
    """Print what another program reads."""
    typer.echo(json.dumps(value, indent=2, sort_keys=True))


def print_fields(fields: Mapping[str, Any], title: str) -> None:
    """Print one config, a field a line; the warnings below it."""
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in fields.items():
        if name != "warnings" and value not in ([], None):
            table.add_row(name, _plain(value))
    console.print(table)
    for warning in fields.get("warnings", ()):
        errors.print(f"warning: {warning}", style="yellow", markup=False)


def _plain(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("[", r"\[")
