"""``logrouter``: the options before the command. The commands are listed in ``cli.lazy_group``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.lazy_group import LazyGroup
from cli.options import LOCAL_ENVIRONMENT, ConnectionOptions

app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    """Print the version of the installed package, and end with status 0."""
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - it would be a tenth of what the help takes

        typer.echo(version("logrouter"))
        raise typer.Exit


@app.callback()
def connect(
    context: typer.Context,
    *,
    api_url: Annotated[str | None, typer.Option(envvar="LOGROUTER_API_URL", help="the stack's output ApiUrl")] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="the API's Region")] = None,
    profile: Annotated[str | None, typer.Option(envvar="AWS_PROFILE", help="the profile that signs")] = None,
    local: Annotated[bool, typer.Option("--local", help="the embedded cloud that `make up` left running")] = False,
    environment: Annotated[
        Path, typer.Option(help="with --local: where the embedded cloud's file is, if another")
    ] = LOCAL_ENVIRONMENT,
    version_: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Operate the log pipeline: in AWS, or with --local in the embedded cloud."""
    del version_
    context.obj = ConnectionOptions(api_url, region, profile, local, environment)


if __name__ == "__main__":
    app()
