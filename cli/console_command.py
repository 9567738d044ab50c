"""``logrouter console``: the pages, on loopback."""

import webbrowser
from typing import Annotated

import typer

from cli.connection import connection_of
from cli.operation.sources import Sources
from cli.output import print_line

Port = Annotated[int, typer.Option(min=0, max=65_535, help="the port of 127.0.0.1; 0: any that is free")]


def console(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="the tenant to begin with")] = None,
    *,
    port: Port = 0,
    browser: Annotated[bool, typer.Option("--browser", help="open the link in the browser")] = False,
) -> None:
    """Serve pages on loopback that show what these commands show, by the caller's own credentials. Until Ctrl-C."""
    try:
        from cli.console.asking import Questions  # noqa: PLC0415 - an extra: not every installation has it
        from cli.console.server import serve  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise typer.BadParameter(
            f"the console isn't installed ({error.name} is missing): pip install 'logrouter[console]'"
        ) from None
    connection = connection_of(context)
    questions = Questions(connection.client(), Sources(connection.installation()), connection.options)

    def opened(link: str) -> None:
        print_line({"link": link}, f"{link}\nopens the console, in one browser; Ctrl-C ends it")
        if browser:
            webbrowser.open(link)

    serve(questions, port=port, tenant_id=tenant, opened=opened)
