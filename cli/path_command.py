"""``logrouter path``: one object's way through the pipeline."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.connection import connection_of
from cli.operation.object_path import ObjectPath, WayToDestination, object_path
from cli.operation.sources import Sources
from cli.output import present
from cli.problems import NotFoundError
from cli.text_table import WRONG, Column, Note, TextTable, count, identifier
from cli.times import short
from runtime.iso_times import iso
from runtime.objects.key import MalformedKeyError
from runtime.record_log.lines import RecordLine


def show_path(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY", help="the object's key in the bucket")]
) -> None:
    """Which way did an object go? From the bucket to each destination, with times and attempts."""
    sources = Sources(connection_of(context).installation())
    try:
        found = object_path(sources, key)
    except MalformedKeyError as error:
        raise typer.BadParameter(f"this isn't the key of a collected object: {error}") from None
    if not found.known:
        raise NotFoundError(f"{key} isn't in the bucket, and no record names it: is the key right?")
    rows = [row for each in found.destinations for row in _rows(each, found.closed_at)]
    columns = (
        identifier("destination"), "config", "at", Column("after", right=True, show=short), "outcome", "reason",
        count("attempts"), count("events"),
    )  # fmt: skip
    wrong = {index: WRONG for index, row in enumerate(rows) if row[4] not in ("delivered", "")}
    present(_document(found), TextTable(key, columns, rows, wrong), *_notes(found))


def _rows(each: WayToDestination, closed_at: float) -> list[tuple[object, ...]]:
    if not each.attempts:
        return [(each.type, each.verdict, "", None, "", "", 0, 0)]
    return [
        (
            each.type, each.verdict, f"{iso(line.at)[:19]}Z", line.at - closed_at, line.text("Outcome"),
            line.text("Reason"), line.count("attempts"), line.count("Events"),
        )
        for line in each.attempts
    ]  # fmt: skip


def _notes(found: ObjectPath) -> list[Note]:
    notes = [
        Note(f"in the bucket since {iso(each.written_at)[:19]}Z: {each.size:,} bytes compressed")
        for each in found.stored
    ]
    if not found.stored:
        notes.append(Note("the object isn't in the bucket any more"))
    return notes + [Note(f"passed over at {iso(line.at)[:19]}Z: {line.text('Reason')}") for line in found.skipped]


def _document(found: ObjectPath) -> dict[str, object]:
    return {
        "key": found.key.key,
        "closed_at": iso(found.closed_at),
        "taken_at": iso(found.taken_at) if found.taken_at else None,
        "stored": [{**asdict(each), "written_at": iso(each.written_at)} for each in found.stored],
        "skipped": [_record(line) for line in found.skipped],
        "destinations": [
            {"type": each.type, "config": each.verdict, "attempts": [_record(line) for line in each.attempts]}
            for each in found.destinations
        ],
    }


def _record(line: RecordLine) -> dict[str, object]:
    return {"at": iso(line.at), **line.fields}
