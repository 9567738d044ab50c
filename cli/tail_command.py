"""``logrouter tail``: a tenant's events as they are delivered."""

import re
from typing import Annotated, Final

import typer

from cli.config_commands import Tenant
from cli.connection import connection_of
from cli.operation.sources import Sources
from cli.operation.tail import Tail
from cli.output import print_line
from cli.unknown_tenant import refuse_unknown

MINUTE: Final = 60.0
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would steer a terminal: a line of a tenant's may hold anything."""


def tail(
    context: typer.Context,
    tenant: Tenant,
    *,
    application: Annotated[str | None, typer.Option("--application", help="of this application alone")] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0, help="begin with what was delivered before")] = 0,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="go on until Ctrl-C")] = True,
) -> None:
    """Print a tenant's events as they are delivered; the caller must be allowed to read the central bucket.

    An event appears when the first destination has acknowledged its object. With --json a line is an event.
    """
    sources = Sources(connection_of(context).installation())
    refuse_unknown(sources, tenant)
    now = sources.clock()
    for event in Tail(sources, tenant, application).follow(now - minutes * MINUTE, None if follow else now):
        key = event.key
        fields = {
            "time": event.time,
            "cluster_id": key.cluster_id,
            "application": key.application,
            "pod_name": key.pod_name,
            "message": event.message,
        }
        shown = CONTROL.sub("\N{REPLACEMENT CHARACTER}", event.message).replace("\n", " ")
        print_line(fields, f"{event.time}\t{key.application}\t{key.pod_name}\t{shown}")
