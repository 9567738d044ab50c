"""``logrouter reconcile``: let the deployed reconciler compare some hours now."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.config_commands import AsJson
from cli.connection import connection_of
from cli.installation import Installation
from cli.output import console, errors, print_json, readable_problems


def reconcile(
    context: typer.Context,
    *,
    hours: Annotated[float, typer.Option("--hours", min=1, max=336, help="how far back")] = 24,
    older_than: Annotated[
        float | None, typer.Option("--older-than", min=0, help="minutes; less than usual only if no message waits")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the bucket with the records, hand over missed objects. Status 1 if it had to wait."""
    installation = connection_of(context).installation()
    now = datetime.now(UTC)
    asked: dict[str, Any] = {"since": (now - timedelta(hours=hours)).isoformat(), "until": now.isoformat()}
    if older_than is not None:
        asked["older_than_seconds"] = older_than * 60
    with readable_problems():
        found = _run(installation, asked)
    if as_json:
        print_json(found)
    else:
        counts = [f"{found[name]:,}" for name in ("compared", "missed", "handed_over")]
        console.print("{} objects compared; {} without a notification; {} handed over".format(*counts), markup=False)
        for key in found["keys"]:
            console.print(f"  {key}", markup=False)
    if found["postponed"] or not found["complete"]:
        errors.print(
            found["postponed"] or "not everything could be compared in time: ask for fewer --hours", markup=False
        )
        raise typer.Exit(1)


def _run(installation: Installation, asked: dict[str, Any]) -> dict[str, Any]:
    name = installation.outputs.get("ReconciliationFunctionName")
    if name is None:
        raise typer.BadParameter("this stage has no reconciler: it has a poller, and no record_log_groups")
    answer = installation.clients.client("lambda").invoke(FunctionName=name, Payload=json.dumps(asked).encode())
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        errors.print(f"the reconciler failed: {found.get('errorMessage', 'see its log')}", style="red", markup=False)
        raise typer.Exit(1)
    return found
