"""``logrouter test``: a test delivery by the API, its steps as they are taken, and what to add where one fails."""

import json
import time
from typing import Annotated, Final

import typer

from cli.client import Client
from cli.config_commands import Tenant, Type
from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.output import output_options, present, warn
from cli.text_table import Note, TextTable
from runtime.api.schemas.delivery_tests import DeliveryTestView, FixView, StepView

PASSED: Final = "passed"
POLL_SECONDS: Final = 0.5
_OPEN: Final = ("queued", "running")


def run_test(
    context: typer.Context,
    tenant: Tenant,
    type_: Type,
    *,
    test_id: Annotated[str | None, typer.Option("--id", help="see one that was started before")] = None,
) -> None:
    """Make a test delivery, step by step; where one fails, show what to add. Status 1 if it doesn't pass."""
    client = connection_of(context).client()
    begun = client.test(tenant, type_, test_id) if test_id else client.start_test(tenant, type_)
    ended = _followed(client, begun)
    rows = [(step.name, step.outcome, step.reason, step.detail) for step in ended.steps]
    parts = [TextTable(f"Test of {tenant} {type_}: {ended.state}", ("step", "outcome", "reason", "detail"), rows)]
    notes = [Note(text) for step in ended.steps for text in _advice(step)]
    present(ended.model_dump(), *parts, *notes, Note(_last(ended)))
    if ended.state != PASSED:
        raise typer.Exit(ExitStatus.FINDINGS)


def _followed(client: Client, test: DeliveryTestView) -> DeliveryTestView:
    """Ask until there is a result; steps go to standard error as they are taken. The service ends each test."""
    shown = 0
    while True:
        if not output_options().for_programs and test.attempts > shown:
            shown = test.attempts
            for step in test.steps:
                if step.outcome == "failed" and test.state in _OPEN:
                    warn(f"{step.name}: {step.reason}; it is tried again, as IAM needs a while (until {test.ends_by})")
        if test.state not in _OPEN:
            return test
        time.sleep(POLL_SECONDS)
        test = client.test(test.tenant_id, test.type, test.id)


def _advice(step: StepView) -> list[str]:
    return [f"\n{step.name}, {fix.side}: {_words(fix)}" for fix in step.fixes]


def _words(fix: FixView) -> str:
    where = f" ({fix.place}{f' of {fix.resource}' if fix.resource else ''})" if fix.place else ""
    return f"{fix.text}{where}{f'\n{json.dumps(fix.document, indent=2)}' if fix.document else ''}"


def _last(test: DeliveryTestView) -> str:
    if test.state == "no-answer":
        return "the test has no result: start another one; its function's log says more"
    return f"left at the destination: {test.left}" if test.left else "nothing was delivered"
