"""``logrouter reconcile``: let the deployed reconciler compare some hours now."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.installation import Installation
from cli.output import present, warn
from cli.text_table import Note


def reconcile(
    context: typer.Context,
    *,
    hours: Annotated[float, typer.Option("--hours", min=1, max=336, help="how far back")] = 24,
    older_than: Annotated[
        float | None, typer.Option("--older-than", min=0, help="minutes; less than usual only if no message waits")
    ] = None,
) -> None:
    """Compare the bucket with the records, hand over missed objects. Status 1 if it had to wait."""
    installation = connection_of(context).installation()
    now = datetime.now(UTC)
    asked: dict[str, Any] = {"since": (now - timedelta(hours=hours)).isoformat(), "until": now.isoformat()}
    if older_than is not None:
        asked["older_than_seconds"] = older_than * 60
    found = _run(installation, asked)
    counts = [f"{found[name]:,}" for name in ("compared", "missed", "handed_over")]
    text = "{} objects compared; {} without a notification; {} handed over".format(*counts)
    present(found, Note("\n".join([text, *(f"  {key}" for key in found["keys"])])))
    if found["postponed"] or not found["complete"]:
        warn(found["postponed"] or "not everything could be compared in time: ask for fewer --hours")
        raise typer.Exit(ExitStatus.FINDINGS)


def _run(installation: Installation, asked: dict[str, Any]) -> dict[str, Any]:
    name = installation.outputs.get("ReconciliationFunctionName")
    if name is None:
        raise typer.BadParameter("this stage has no reconciler: it has a poller, and no record_log_groups")
    answer = installation.clients.client("lambda").invoke(FunctionName=name, Payload=json.dumps(asked).encode())
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        warn(f"the reconciler failed: {found.get('errorMessage', 'see its log')}")
        raise typer.Exit(ExitStatus.UNAVAILABLE)
    return found
