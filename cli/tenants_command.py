"""``logrouter tenants``: who has delivery configs or a record."""

import typer

from cli.connection import connection_of
from cli.output import present
from cli.text_table import Note, TextTable, identifier


def list_tenants(context: typer.Context) -> None:
    """List the tenants that have delivery configs or a record."""
    found = sorted(connection_of(context).client().tenants(), key=lambda each: each.tenant_id)
    rows = [(each.tenant_id, each.state or "no record", each.types) for each in found]
    document = [each.model_dump() for each in found]
    notes = [] if found else [Note("there is no tenant yet: `logrouter tenant create` creates one")]
    present(document, TextTable("Tenants", (identifier("tenant"), "state", "delivery configs"), rows), *notes)
