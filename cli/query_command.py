"""``logrouter query``: the saved queries of the runbooks, run from here."""

from typing import Annotated

import typer

from cli.connection import connection_of
from cli.operation.saved_queries import run_query, saved_queries
from cli.operation.sources import Sources
from cli.output import present
from cli.problems import NotFoundError
from cli.text_table import Note, TextTable, identifier
from runtime.objects.key import MalformedKeyError

HOUR = 3_600


def run_saved_query(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="without: list the queries")] = None,
    *,
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=8_784, help="how far back")] = 24,
    tenant: Annotated[str | None, typer.Option("--tenant", help="for a query about one tenant")] = None,
    key: Annotated[str | None, typer.Option("--key", help="for a query about one object")] = None,
) -> None:
    """Run a saved query of the runbooks over the last hours; CloudWatch charges by the bytes that it scans."""
    sources = Sources(connection_of(context).installation())
    known = saved_queries(sources.clients)
    if name is None:
        rows = [(each.name, each.wants, each.text.splitlines()[0]) for each in known]
        document = [{"name": each.name, "wants": each.wants, "query": each.text} for each in known]
        present(document, TextTable("Saved queries", (identifier("name"), "wants", "begins"), rows))
        return
    query = next((each for each in known if each.name == name), None)
    if query is None:
        raise NotFoundError(f"there is no saved query {name}: `logrouter query` lists them")
    try:
        text = query.about(tenant, key)
    except (ValueError, MalformedKeyError) as error:
        raise typer.BadParameter(str(error)) from None
    now = sources.clock()
    found = run_query(sources.clients, query, text, now - hours * HOUR, now)
    columns = [*dict.fromkeys(column for row in found for column in row)]
    table = TextTable(name, columns, [[row.get(column, "") for column in columns] for row in found])
    present(list(map(dict, found)), *([table] if found else []), Note(f"{len(found)} rows of the last {hours:g} hours"))
