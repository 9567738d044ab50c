"""``logrouter``: joins the command groups. A new one is a module with a typer ``app``, and a line here."""

from pathlib import Path
from typing import Annotated

import typer

from cli import config_commands, delivery_commands, redrive_commands, replay_commands, tenant_commands
from cli.assign_command import assign
from cli.connection import LOCAL_ENVIRONMENT, ApiConnection
from cli.doctor_command import doctor
from cli.reconcile_command import reconcile
from cli.status_command import show_status

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("status")(show_status)
app.command("arrived")(tenant_commands.show_arrivals)
app.command("freshness")(tenant_commands.show_freshness)
app.command("cost")(tenant_commands.show_cost)
app.command("reconcile")(reconcile)
app.command("doctor")(doctor)
app.command("assign")(assign)
app.add_typer(config_commands.app, name="config")
app.add_typer(delivery_commands.app, name="deliveries")
app.add_typer(replay_commands.app, name="replay")
app.add_typer(redrive_commands.app, name="redrive")


@app.callback()
def connect(
    context: typer.Context,
    *,
    api_url: Annotated[str | None, typer.Option(envvar="LOGROUTER_API_URL", help="the stack's output ApiUrl")] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="the API's Region")] = None,
    profile: Annotated[str | None, typer.Option(envvar="AWS_PROFILE", help="the profile that signs")] = None,
    local: Annotated[bool, typer.Option("--local", help="the embedded cloud that `make up` left running")] = False,
    environment: Annotated[
        Path, typer.Option(help="with --local: where the embedded cloud's file is, if another")
    ] = LOCAL_ENVIRONMENT,
) -> None:
    """Operate the log pipeline: in AWS, or with --local in the embedded cloud."""
    context.obj = ApiConnection(api_url, region, profile, local, environment)


if __name__ == "__main__":
    app()
