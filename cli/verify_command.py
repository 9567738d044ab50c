"""``logrouter verify``: the outside processor has an endpoint prove that it is the tenant's."""

import json
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.connection import connection_of
from cli.exit_status import ExitStatus
from cli.installation import Installation
from cli.output import present, warn
from cli.problems import NotFoundError
from cli.text_table import TextTable
from runtime.deliveries.passes import Pass, PassKey


def verify(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="the tenant's id")],
    type_: Annotated[str, typer.Argument(metavar="[TYPE]", help="webhook, or it with a :name")] = "webhook",
) -> None:
    """Have a webhook's endpoint prove that it is the tenant's; then it can be enabled. Status 1 if it doesn't."""
    found = _asked(connection_of(context).installation(), tenant, type_)
    rows = [(step["name"], step["outcome"], step["reason"], step["detail"]) for step in found["steps"]]
    present(found, TextTable(f"The endpoint of {tenant} {type_}", ("step", "outcome", "reason", "detail"), rows))
    if not found["passed"]:
        raise typer.Exit(ExitStatus.FINDINGS)


def _asked(installation: Installation, tenant: str, type_: str) -> dict[str, Any]:
    outputs, clients = installation.outside, installation.clients
    function = outputs.get("OutsideFunctionName")
    if function is None:
        raise NotFoundError("this stage has no outside function: deploy it with -c outside=yes (docs/deploying.md)")
    shown = PassKey(clients, outputs["PassKeyArn"]).seal(Pass.of_test(tenant, type_, uuid4().hex))
    question = {"tenant_id": tenant, "type": type_, "id": shown.key, "mac": shown.mac}
    answer = clients.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"verify": question}).encode())
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        warn(f"the outside processor failed: {found.get('errorMessage', 'see its log')}")
        raise typer.Exit(ExitStatus.UNAVAILABLE)
    return found
