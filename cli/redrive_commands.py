"""``logrouter redrive``: dead letters go back to their queue (for operators: it uses the queues themselves)."""

from typing import Annotated

import typer

from cli.connection import connection_of
from cli.output import present
from cli.problems import NotFoundError
from cli.text_table import Note, TextTable, count
from runtime.replay.redrive import Redrive

app = typer.Typer(no_args_is_help=True, help="Dead-letter queues: send their messages to their source queue again.")
Reason = Annotated[str | None, typer.Option("--reason", help="only messages with this reason")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="at most so many")]
PerSecond = Annotated[float, typer.Option("--per-second", help="messages a second")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="count by reason, move nothing")]


@app.command("objects")
def redrive_objects(
    context: typer.Context,
    *,
    reason: Reason = None,
    limit: Limit = None,
    per_second: PerSecond = 20,
    dry_run: DryRun = False,
) -> None:
    """Objects' notifications: unreadable, corrupt, or received too often."""
    _run(context, ("ObjectDlqUrl", "ObjectQueueUrl"), reason, limit, per_second, dry_run=dry_run)


@app.command("deliveries")
def redrive_deliveries(
    context: typer.Context,
    *,
    reason: Reason = None,
    limit: Limit = None,
    per_second: PerSecond = 20,
    dry_run: DryRun = False,
) -> None:
    """Delivery messages: those that could be neither delivered nor parked."""
    _run(context, ("DeliveryDlqUrl", "DeliveryQueueUrl"), reason, limit, per_second, dry_run=dry_run)


@app.command("outside")
def redrive_outside(
    context: typer.Context,
    *,
    reason: Reason = None,
    limit: Limit = None,
    per_second: PerSecond = 20,
    dry_run: DryRun = False,
) -> None:
    """Delivery messages of the outside processor: as of deliveries, and those whose pass isn't ours."""
    _run(context, ("OutsideDlqUrl", "OutsideQueueUrl"), reason, limit, per_second, dry_run=dry_run)


def _run(
    context: typer.Context,
    names: tuple[str, str],
    reason: str | None,
    limit: int | None,
    per_second: float,
    *,
    dry_run: bool,
) -> None:
    installation = connection_of(context).installation()
    outputs = installation.outside if names[0].startswith("Outside") else installation.outputs
    if names[0] not in outputs:
        raise NotFoundError("this stage has no outside processor: deploy it with -c outside=yes (docs/deploying.md)")
    source, target = (outputs[name] for name in names)
    redrive = Redrive(installation.clients, source, target, per_second)
    done = redrive.run(chosen=lambda letter: reason in (None, letter.reason), limit=limit, dry_run=dry_run)
    name, moved = source.rsplit("/", 1)[-1], "would be moved" if dry_run else "moved"
    rows = [(each, done.moved[each], done.passed_over[each]) for each in sorted({*done.moved, *done.passed_over})]
    document = {
        "queue": name,
        "dry_run": dry_run,
        "moved": dict(done.moved),
        "left": dict(done.passed_over),
        "complete": done.complete,
    }
    notes = [] if done.complete else [Note("the queue has more messages: run the command again")]
    present(document, TextTable(name, ("reason", count(moved), count("left")), rows), *notes)
