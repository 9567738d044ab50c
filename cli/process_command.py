"""``logrouter process``: one object through this checkout's processor, on the embedded cloud."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.operation.sources import Sources
from cli.operation.trial import CHECKOUT, Trial, TrialResult, TriedDelivery
from cli.options import ConnectionOptions
from cli.output import present, warn
from cli.text_table import WRONG, Column, Note, TextTable, count
from runtime.delivery_config.methods import find_config_models
from runtime.objects.key import MalformedKeyError


def process(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="the object's key, or a folder/ of keys: its newest")],
    type_: Annotated[str | None, typer.Option("--type", help="by this delivery config alone")] = None,
) -> None:
    """Try this checkout's processor on one object of the embedded cloud; show what each delivery did.

    It really delivers, once more if the object was delivered before. Nothing is tried again. Status 1: one failed.
    """
    options = context.find_object(ConnectionOptions)
    if options is None or not options.local:
        raise typer.BadParameter("it works on the embedded cloud alone: `logrouter --local process`. In AWS: replay")
    try:
        found = Trial(Sources(connection_of(context).installation()), key, type_).run()
    except MalformedKeyError as error:
        raise typer.BadParameter(f"{key}: {error}") from None
    for line in found.log:
        warn(line)
    present({**asdict(found), "checkout": str(CHECKOUT)}, _table(found), *_notes(found))
    if any(each.failed for each in found.deliveries):
        raise typer.Exit(ExitStatus.FINDINGS)


def _table(found: TrialResult) -> TextTable:
    columns = (
        Column("type", whole=True),
        "outcome",
        "reason",
        count("events"),
        count("bytes"),
        count("set aside"),
        count("delivered before"),
        "detail",
    )
    rows = [
        (
            each.type,
            each.outcome,
            each.reason,
            each.events,
            each.bytes,
            each.set_aside,
            each.delivered_before,
            each.detail,
        )
        for each in found.deliveries
    ]
    failed = {number: WRONG for number, each in enumerate(found.deliveries) if each.failed}
    return TextTable(f"{found.object}, by the processor of {CHECKOUT}", columns, rows, styles=failed)


def _notes(found: TrialResult) -> list[Note]:
    notes = [Note(text) for each in found.deliveries if (text := _doubled(each))]
    if any(each.outcome == "returned" for each in found.deliveries):
        notes.append(Note("returned: deployed, the processor would hand it over and try it again"))
    return notes


def _doubled(each: TriedDelivery) -> str:
    """Return what the destination holds twice now; empty where it wasn't delivered before."""
    if not each.delivered_before or each.outcome != "delivered":
        return ""
    model = find_config_models()[each.type.partition(":")[0]]
    if not model.facts.reads_events:
        return f"{each.type} had the object already: the copy has replaced it"
    again = f"it has these {each.events:,} events once more, unless it recognises them by their ids"
    return f"{each.type} had been delivered already: {again}"
